#ifndef CSESAMEICU_H
#define CSESAMEICU_H
#endif
