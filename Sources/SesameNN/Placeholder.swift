// SesameNN
