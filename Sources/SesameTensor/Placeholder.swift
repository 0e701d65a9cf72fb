// SesameTensor
