extension TrainingOptions {
    /// The same with an evaluation at the end of each epoch, which is what fine-tuning is usually judged by, where the
    /// limit is a number of epochs and nothing else was asked for.
    func evaluatedOnceAnEpoch(of data: some TrainingData) -> TrainingOptions {
        guard evaluationInterval == nil, case .epochs = limit else { return self }
        var data = data
        var result = self
        result.evaluationInterval = max(1, data.batchCount(inEpoch: 0) / accumulationSteps)
        return result
    }
}
