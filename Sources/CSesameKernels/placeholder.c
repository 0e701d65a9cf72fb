#include "CSesameKernels.h"
