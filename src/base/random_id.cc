#include "base/random_id.h"

#include <random>

#include "base/format.h"

namespace freshet {

std::string RandomId() {
  std::random_device source;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", source());
  return id;
}

}  // namespace freshet
