import Foundation

// `SesameFuzz TARGET [libFuzzer's options and corpus folders]`
//
// A crash is whatever ends the process: a trap, a memory error that the address sanitizer sees, an
// input that takes ten seconds or 2 GB. An input that is refused has to be refused with the
// module's own error type. libFuzzer has the `main`; these are the two functions that it calls.

/// Takes the target's name off the arguments, before libFuzzer reads the rest.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let name = count.pointee > 1 ? arguments.pointee[1].map { String(cString: $0) } : nil
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        let names = FuzzTarget.all.map(\.name).joined(separator: "|")
        print("usage: SesameFuzz \(names) [libFuzzer's arguments]")
        exit(64)
    }
    FuzzTarget.current = target
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
    return 0
}

/// Runs the target on one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    FuzzTarget.current?.run(UnsafeBufferPointer(start: data, count: size))
    return 0
}
