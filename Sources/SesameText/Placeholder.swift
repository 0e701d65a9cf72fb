// SesameText
