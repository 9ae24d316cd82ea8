#pragma once

#include <cstddef>

#include "serve/backend.h"
#include "serve/router.h"

namespace freshet {

struct RouteOptions {
  std::size_t k_default = 20;
  std::size_t k_max = 200;           ///< a longer list is no recommendation any more
  std::size_t events_max = 100'000;  ///< events of one request: one request is one append
};

/// The paths of schemas/openapi.yaml. `backend` must outlive the server.
Router BuildRoutes(ServeBackend& backend, const RouteOptions& options);

}  // namespace freshet
