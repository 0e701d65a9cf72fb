/// A run in the background: its events, one after the other, and the trainer at its end.
///
///     let events = trainer.events()
///     for try await event in events {
///         if case .step(let report) = event { print(report.step, report.loss) }
///     }
///     let model = try await events.trainer.model
///
/// Training goes on in a thread of its own, off every actor. No event is lost: where the loop is slow
/// and 256 events wait, training waits for it. A loop that ends early, or none at all, holds nothing up
/// once ``trainer`` is awaited; while it is, a loop that is too slow misses the oldest events.
///
/// Where the task that loops or waits is cancelled, ``stop()`` is called: the loop still gets the
/// checkpoint and the end of the run, and then ends. Letting go of the sequence and of all its
/// iterators stops the run too.
public struct TrainerEvents<Task: TrainingTask>: AsyncSequence, Sendable {
    /// What happens.
    public typealias Element = TrainerEvent

    private let session: Session

    /// Begins the run.
    init(_ trainer: consuming Trainer<Task>) {
        session = Session(BackgroundRun(trainer))
    }

    /// Asks for the next events. Several iterators share them out.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate let session: Session

        /// The next event; nil after the last.
        /// - Throws: What ``Trainer/run(onEvent:shouldStop:)`` throws.
        public func next() async throws -> TrainerEvent? { try await session.run.nextEvent() }
    }

    /// An iterator over the events that have not been taken yet.
    public func makeAsyncIterator() -> Iterator { Iterator(session: session) }

    /// The trainer at the end of the run, which this waits for: its model, state and options.
    /// - Throws: What ``Trainer/run(onEvent:shouldStop:)`` throws.
    public var trainer: Trainer<Task> {
        get async throws { try await session.run.trainer() }
    }

    /// Ends the run after the step that is being made, with a checkpoint where there is a folder for it.
    ///
    /// Returns at once. The last event is then ``TrainerEvent/finished(_:)`` with
    /// ``TrainingSummary/Reason/interrupted``.
    public func stop() { session.run.stop() }

    /// Shared by the sequence and its iterators; without any of them, nobody wants the run.
    fileprivate final class Session: Sendable {
        let run: BackgroundRun<Task>

        init(_ run: BackgroundRun<Task>) {
            self.run = run
            run.start()
        }

        deinit { run.abandon() }
    }
}

extension Trainer {
    /// Trains in the background, and tells of it in an asynchronous sequence.
    ///
    /// Training begins at once, in a thread of its own. This trainer stays as it is; the trained one is
    /// ``TrainerEvents/trainer``.
    public consuming func events() -> TrainerEvents<Task> { TrainerEvents(self) }
}
