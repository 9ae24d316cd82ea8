#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "models/fused_lanes.h"
#include "models/net_table.h"
#include "rank/candidate_source.h"

namespace freshet {
namespace {

constexpr std::array<GeneratorInfo, 1> kGenerators = {
    GeneratorInfo{"next_item_net", EvidenceKind::kSimilarUsers}};
constexpr float kSeen = -1e30f;  // below every score, and e to it is 0

/// kernel * q: what a past item adds to the output.
NetVector InputOf(const NetVector& kernel, const NetVector& q) {
  NetVector input;
  for (std::size_t i = 0; i < kNetWidth; i += 8) {
    StoreLanes(input.data() + i, LoadLanes(kernel.data() + i) * LoadLanes(q.data() + i));
  }
  return input;
}

float DotOf(const NetVector& a, const NetVector& b) {
  return SumLanes(DotLanes(a.data(), b.data(), kNetWidth));
}

/// Calls visit(place, input) for each place that the network knows. Those that were disliked are no input.
template <typename Visit>
void VisitInputs(const NetTable& net, std::span<const WindowItem> places, Visit visit) {
  std::size_t used = 0;
  for (std::size_t place = 0; place < places.size() && used < kNetPlaces; ++place) {
    if (places[place].strength <= 0) continue;
    const auto number = net.Find(places[place].item);
    if (number) visit(place, InputOf(net.kernels()[used], net.vector(*number)));
    ++used;
  }
}

/// The next-item network (models/next_item_net.h): proposes by a scan of all its vectors. Raw scores are
/// probabilities among the items that the user does not have, but for a factor.
class NetSource final : public CandidateSource {
 public:
  explicit NetSource(const RankOptions& options) : options_(options) {}

  std::span<const GeneratorInfo> Generators() const override { return kGenerators; }

  void Propose(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    std::vector<float>& scores = pool.network_scores();
    scores.clear();
    const NetTable* net = input.view.Net();
    if (net == nullptr || !Scan(*net, input.places, scores)) return;
    for (const ItemKey item : input.signals.seen) {
      if (const auto number = net->Find(item)) scores[*number] = kSeen;
    }
    const float best = *std::max_element(scores.begin(), scores.end());
    if (best <= kSeen) return scores.clear();
    Offer(*net, first, pool);
    pool.mass(first) = {Exponentiate(best, scores), static_cast<double>(net->items())};
  }

  void Score(const RankInput& input, std::size_t first, CandidatePool& pool) const override {
    const std::vector<float>& known = pool.network_scores();
    if (known.empty()) return;
    const std::span<const std::uint32_t> shortlist = pool.shortlist();
    const std::span<float> scores = pool.scores(first);
    for (std::size_t i = 0; i < shortlist.size(); ++i) {
      const auto number = input.view.Net()->Find(pool.key(shortlist[i]));
      if (number) scores[i] = known[*number];
    }
  }

  /// Shares of the score before e is raised to it, which is a sum over the places.
  void Attribute(const RankInput& input, const CandidatePool& pool, std::size_t, std::size_t index,
                 std::span<float> by_place) const override {
    std::fill(by_place.begin(), by_place.end(), 0.0f);
    const NetTable* net = input.view.Net();
    const auto number = net == nullptr ? std::nullopt : net->Find(pool.key(pool.shortlist()[index]));
    if (!number) return;
    const NetVector& q = net->vector(*number);
    VisitInputs(*net, input.places, [&](std::size_t place, const NetVector& past) {
      if (place < by_place.size()) by_place[place] = DotOf(past, q);
    });
  }

 private:
  static bool Scan(const NetTable& net, std::span<const WindowItem> places, std::vector<float>& scores) {
    NetVector output;
    bool known = false;
    VisitInputs(net, places, [&](std::size_t, const NetVector& past) {
      known = true;
      for (std::size_t i = 0; i < kNetWidth; i += 8) {
        StoreLanes(output.data() + i, LoadLanes(output.data() + i) + LoadLanes(past.data() + i));
      }
    });
    if (!known) return false;
    scores.assign(net.size(), kSeen);
    float* to = scores.data();
    for (const auto& chunk : net.chunks()) {
      for (std::size_t i = 0; chunk != nullptr && i < chunk->count; ++i) {
        to[i] = DotOf(output, chunk->vectors[i]) + chunk->biases[i];
      }
      to += kNetChunkItems;
    }
    return true;
  }

  /// Puts the strongest that are eligible on the shortlist. Some of the best may be dismissed or unavailable,
  /// so half as many again are looked at.
  void Offer(const NetTable& net, std::size_t first, CandidatePool& pool) const {
    const std::vector<float>& scores = pool.network_scores();
    std::vector<std::uint32_t>& order = pool.network_order();
    order.clear();
    for (std::uint32_t number = 0; number < scores.size(); ++number) {
      if (scores[number] > kSeen) order.push_back(number);
    }
    const std::size_t wanted = std::min(order.size(), options_.shortlist + options_.shortlist / 2);
    const auto key = [&](std::uint32_t number) {
      return net.chunks()[number / kNetChunkItems]->keys[number % kNetChunkItems];
    };
    const auto better = [&](std::uint32_t a, std::uint32_t b) {
      return scores[a] != scores[b] ? scores[a] > scores[b] : key(a) < key(b);
    };
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(wanted);
    std::nth_element(order.begin(), end, order.end(), better);
    std::sort(order.begin(), end, better);
    std::size_t left = options_.shortlist;
    for (std::size_t i = 0; i < wanted && left > 0; ++i) {
      const std::uint32_t slot = pool.Add(key(order[i]));
      if (slot == CandidatePool::kNotEligible) continue;
      pool.ShortlistSlot(first, slot);
      --left;
    }
  }

  /// Each score z becomes e^(z - best); returns their sum. The size is a multiple of 8.
  static double Exponentiate(float best, std::vector<float>& scores) {
    double sum = 0;
    for (std::size_t i = 0; i < scores.size(); i += 8) {
      const FloatLanes power = ExpOrZero(LoadLanes(&scores[i]) - best);
      StoreLanes(&scores[i], power);
      sum += static_cast<double>(SumLanes(power));
    }
    return sum;
  }

  RankOptions options_;
};

}  // namespace

std::unique_ptr<CandidateSource> MakeNetSource(const RankOptions& options) {
  return std::make_unique<NetSource>(options);
}

}  // namespace freshet
