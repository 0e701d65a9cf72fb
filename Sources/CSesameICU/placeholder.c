#include "CSesameICU.h"
