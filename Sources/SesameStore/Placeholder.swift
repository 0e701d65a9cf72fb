// SesameStore
