#pragma once

// The one place that includes fmt: text formatting for messages and the JSON writer.
#include <fmt/compile.h>
#include <fmt/format.h>
