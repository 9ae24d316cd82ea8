#pragma once

#include "base/base64.h"
