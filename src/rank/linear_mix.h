#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "freshet/model.h"
#include "rank/rank_options.h"

namespace freshet {

/// Contexts of a list that the weights depend on: the constant 1; length of the history m; seconds since the
/// user's last event d; m^2, d^2 and m d; the user's taste in the three item features. Each shifted and
/// scaled to about [-1, 1].
inline constexpr std::size_t kMixContexts = 9;
using MixContext = std::array<double, kMixContexts>;

/// The context of a list, from what is known about its user and moment.
MixContext ContextOf(const UserSignals& signals, bool first_lists = false);

/// The mix's global weights, contexts x parts, row-major: the score of a candidate is the sum over parts b of
/// (sum over contexts c of W[c, b] phi_c + v_b) * feature_b, with the user's own v. Strictly additive.
class MixWeights final {
 public:
  /// The prior: 1 / generators for each generator, 0.4 a star for `ratings`, 0 for the other item features
  /// and for further contexts.
  MixWeights(std::size_t generators, std::size_t parts);
  /// The view's weights, or the prior when it has none of this shape.
  static MixWeights From(const GlobalModel& global, std::size_t generators, std::size_t parts);

  std::size_t parts() const { return parts_; }
  std::span<const double> values() const { return values_; }
  std::span<double> values() { return values_; }
  /// One weight a part for a list; `effects` may be empty.
  std::array<double, kPartsMax> Effective(const MixContext& context, std::span<const float> effects) const;

 private:
  std::size_t parts_;
  std::vector<double> values_;
};

}  // namespace freshet
