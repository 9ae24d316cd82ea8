#pragma once

#include <cstdint>
#include <memory>

namespace freshet {

/// The node of a persistent structure, for changing: one of an older version is shared with what was handed
/// out, so it is copied first; an absent one is made of `arguments`. A Node has a `version`.
template <typename Node, typename... Arguments>
Node& OwnNode(std::shared_ptr<Node>& node, std::uint64_t version, const Arguments&... arguments) {
  if (node == nullptr || node->version != version) {
    node = node == nullptr ? std::make_shared<Node>(arguments...) : std::make_shared<Node>(*node);
    node->version = version;
  }
  return *node;
}

}  // namespace freshet
