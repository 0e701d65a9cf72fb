import Foundation
import SesameTraining
import Testing

@Suite struct JSONValueTests {
    private func decode(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// As Doubles, each pair is one number.
    @Test(arguments: [
        ("9007199254740992", "9007199254740993"),
        ("18446744073709551614", "18446744073709551615"),
        ("-9223372036854775807", "-9223372036854775808"),
    ])
    func largeSeedsDiffer(_ pair: (String, String)) throws {
        #expect(try decode(#"{"seed":\#(pair.0)}"#) != decode(#"{"seed":\#(pair.1)}"#))
    }

    @Test(arguments: [
        "null", "true", "-3", "18446744073709551615", "0.25", #""a b""#, #"[1,[],{"k":null}]"#,
    ])
    func whatIsReadIsWritten(_ text: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(decode(text)), as: UTF8.self) == text)
    }
}
