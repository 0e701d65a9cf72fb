import Dispatch
import Synchronization

/// A run on a thread of its own, and the events and the trainer that tasks wait for.
final class BackgroundRun<Task: TrainingTask>: Sendable {
    private struct State {
        var events: [TrainerEvent] = []
        var listeners: [CheckedContinuation<TrainerEvent?, any Error>] = []
        var waiters: [CheckedContinuation<Trainer<Task>, any Error>] = []
        var outcome: Result<Trainer<Task>, any Error>?
        var isAbandoned = false
        var isThreadWaiting = false
    }

    /// Events that may wait before the training does.
    static var capacity: Int { 256 }

    /// The trainer until the thread takes it over: were it kept here, each of its tensors would be
    /// copied at the first step.
    private let pending: Mutex<Trainer<Task>?>
    private let state = Mutex(State())
    private let isStopping = Atomic<Bool>(false)
    private let space = DispatchSemaphore(value: 0)

    init(_ trainer: consuming Trainer<Task>) {
        pending = Mutex(trainer)
    }

    func start() {
        DispatchQueue(label: "sesame.training", qos: .userInitiated).async {
            guard var trainer = self.pending.withLock({ $0.take() }) else { return }
            do {
                try trainer.run(
                    onEvent: { self.send($0) },
                    shouldStop: { self.isStopping.load(ordering: .relaxed) })
                self.end(.success(trainer))
            } catch {
                self.end(.failure(error))
            }
        }
    }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Stops a run whose events nobody will ask for.
    func abandon() {
        stop()
        wakeThread { $0.isAbandoned = true }
    }

    // MARK: On the thread that trains

    private func send(_ event: TrainerEvent) {
        let (listener, mustWait) = state.withLock { state in
            if state.isAbandoned {
                return (nil as CheckedContinuation<TrainerEvent?, any Error>?, false)
            }
            if !state.listeners.isEmpty { return (state.listeners.removeFirst(), false) }
            state.events.append(event)
            guard state.events.count > Self.capacity else { return (nil, false) }
            if !state.waiters.isEmpty {
                // Somebody wants the end; what the loop, if any, has not taken in time is let go.
                state.events.removeFirst()
                return (nil, false)
            }
            state.isThreadWaiting = true
            return (nil, true)
        }
        listener?.resume(returning: event)
        if mustWait { space.wait() }
    }

    private func end(_ outcome: Result<Trainer<Task>, any Error>) {
        let (listeners, waiters) = state.withLock { state in
            state.outcome = outcome
            defer { (state.listeners, state.waiters) = ([], []) }
            return (state.listeners, state.waiters)
        }
        // A listener waits only while there are no events, so these are beyond the last.
        for listener in listeners { listener.resume(with: outcome.map { _ in nil }) }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    // MARK: In the tasks that listen

    func nextEvent() async throws -> TrainerEvent? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<TrainerEvent?, any Error>? = wakeThread { state in
                    if !state.events.isEmpty { return .success(state.events.removeFirst()) }
                    if let outcome = state.outcome { return outcome.map { _ in nil } }
                    state.listeners.append(continuation)
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            stop()
        }
    }

    func trainer() async throws -> Trainer<Task> {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = wakeThread { state in
                    if state.outcome == nil { state.waiters.append(continuation) }
                    return state.outcome
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            stop()
        }
    }

    /// Changes the state, and lets the training go on where it waited for room.
    private func wakeThread<Value: Sendable>(_ change: (inout sending State) -> Value) -> Value {
        let (value, wasWaiting) = state.withLock { state in
            let value = change(&state)
            let mayGo =
                state.events.count <= Self.capacity || !state.waiters.isEmpty
                || state.isAbandoned
            defer { if mayGo { state.isThreadWaiting = false } }
            return (value, mayGo && state.isThreadWaiting)
        }
        if wasWaiting { space.signal() }
        return value
    }
}
