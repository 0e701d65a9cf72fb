// SesameModels
