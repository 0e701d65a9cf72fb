// The umbrella: `import Sesame` gives every stage of the pipeline.

@_exported import SesameModels
@_exported import SesameNN
@_exported import SesameReport
@_exported import SesameStore
@_exported import SesameTensor
@_exported import SesameText
@_exported import SesameTraining
@_exported import SesameVectors
