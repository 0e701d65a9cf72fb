// SesameTraining
