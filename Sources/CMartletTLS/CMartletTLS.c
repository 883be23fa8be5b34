#include "CMartletTLS.h"
