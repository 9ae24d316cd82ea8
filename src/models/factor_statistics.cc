#include "models/factor_statistics.h"

#include <algorithm>
#include <cmath>

#include "models/bfloat16.h"
#include "models/spd_solver.h"

namespace freshet {
namespace {

constexpr std::size_t kSums = kPackedFactors + kFactors;

}  // namespace

FactorStatistics::Pair FactorStatistics::Rounded(float weight, const Factor& user) {
  Pair pair{weight, {}};
  for (std::size_t i = 0; i < kFactors; ++i) pair.user[i] = ToBfloat16(user[i]);
  return pair;
}

void FactorStatistics::Add(float weight, const Factor& user) {
  ++count_;
  ++additions_;
  AddPair(Rounded(weight, user));
}

void FactorStatistics::TakeBack(float weight, const Factor& user) {
  --additions_;
  const Pair back = Rounded(-weight, user);
  const auto same = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& added) {
    return added.weight == weight && added.user == back.user;
  });
  if (same != pairs_.end()) {  // both happened in one delta: nothing happened
    pairs_.erase(same);
    --count_;
    return;
  }
  ++count_;
  AddPair(back);
}

float FactorStatistics::Distance(const Pair& a, const Pair& b) {
  float sum = 0;
  for (std::size_t i = 0; i < kFactors; ++i) {
    const float difference = FromBfloat16(a.user[i]) - FromBfloat16(b.user[i]);
    sum += difference * difference;
  }
  return sum;
}

void FactorStatistics::Settle() {
  if (additions_ <= 0) {
    pairs_.clear();
    sums_.clear();
    additions_ = 0;
    return;
  }
  for (std::size_t back = 0; back < pairs_.size();) {
    std::size_t nearest = pairs_.size();
    for (std::size_t i = 0; pairs_[back].weight < 0 && i < pairs_.size(); ++i) {
      if (pairs_[i].weight != -pairs_[back].weight) continue;
      if (nearest == pairs_.size() ||
          Distance(pairs_[i], pairs_[back]) < Distance(pairs_[nearest], pairs_[back]))
        nearest = i;
    }
    if (nearest == pairs_.size()) {
      ++back;
      continue;
    }
    pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(std::max(back, nearest)));
    pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(std::min(back, nearest)));
    back = 0;
  }
}

void FactorStatistics::AddPair(const Pair& pair) {
  if (!packed() && pairs_.size() == kPairs) Pack();
  if (!packed()) {
    pairs_.push_back(pair);
    return;
  }
  Factor user;
  for (std::size_t i = 0; i < kFactors; ++i) user[i] = FromBfloat16(pair.user[i]);
  float* sum = sums_.data();
  for (std::size_t i = 0; i < kFactors; ++i) {
    const float scale = pair.weight * user[i];
    for (std::size_t j = i; j < kFactors; ++j) *sum++ += scale * user[j];
  }
  for (const float entry : user) *sum++ += pair.weight * entry;
}

void FactorStatistics::Pack() {
  std::vector<Pair> pairs;
  pairs.swap(pairs_);
  sums_.assign(kSums, 0.0f);
  for (const Pair& pair : pairs) AddPair(pair);
}

void FactorStatistics::Merge(const FactorStatistics& other) {
  count_ += other.count_;
  additions_ += other.additions_;
  if (!other.packed()) {
    for (const Pair& pair : other.pairs_) AddPair(pair);
    return;
  }
  if (!packed()) Pack();
  for (std::size_t i = 0; i < kSums; ++i) sums_[i] += other.sums_[i];
}

void FactorStatistics::Scale(float factor) {
  for (Pair& pair : pairs_) pair.weight *= factor;
  for (float& sum : sums_) sum *= factor;
}

std::optional<Factor> FactorStatistics::Solve(const Gramian& users, const FactorOptions& options) const {
  FactorStatistics all;
  if (!packed()) {
    all.pairs_ = pairs_;
    all.Pack();
  }
  const float* sum = packed() ? sums_.data() : all.sums_.data();
  const double* gram = users.packed().data();
  SpdSolver solver;
  solver.Reset(kFactors);
  for (std::size_t i = 0; i < kFactors; ++i) {
    for (std::size_t j = i; j < kFactors; ++j) {
      solver.At(i, j) = options.alpha0 * *gram++ + static_cast<double>(*sum++);
    }
    solver.At(i, i) += options.lambda;
  }
  std::array<double, kFactors> solution;
  for (double& entry : solution) entry = static_cast<double>(*sum++);
  if (!solver.Factorise()) return std::nullopt;
  solver.Solve(solution);
  Factor factor;
  for (std::size_t i = 0; i < kFactors; ++i) factor[i] = static_cast<float>(solution[i]);
  return factor;
}

void FactorStatistics::Encode(ByteWriter& to) const {
  to.Varint(count_);
  to.Signed(additions_);
  to.Varint(packed() ? kPairs + 1 : pairs_.size());
  for (const Pair& pair : pairs_) {
    to.Fixed(pair.weight);
    for (const std::uint16_t entry : pair.user) to.Fixed(entry);
  }
  for (const float sum : sums_) to.Fixed(sum);
}

bool FactorStatistics::Decode(ByteReader& from) {
  *this = {};
  const bool good = DecodeBody(from);
  if (!good) *this = {};
  return good;
}

bool FactorStatistics::DecodeBody(ByteReader& from) {
  count_ = from.Varint();
  additions_ = from.Signed();
  const std::uint64_t form = from.Varint();
  if (!from.ok() || form > kPairs + 1) return false;
  if (form == kPairs + 1) {
    if (from.left() < kSums * sizeof(float)) return false;
    sums_.resize(kSums);
    return ReadFinite<float>(from, sums_);
  }
  pairs_.resize(form);
  bool finite = true;
  for (Pair& pair : pairs_) {
    finite = std::isfinite(pair.weight = from.Fixed<float>()) && finite;
    for (std::uint16_t& entry : pair.user) {
      finite = std::isfinite(FromBfloat16(entry = from.Fixed<std::uint16_t>())) && finite;
    }
  }
  return from.ok() && finite;
}

}  // namespace freshet
