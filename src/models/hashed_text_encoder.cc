#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "models/exact_math.h"
#include "models/text_encoder.h"

namespace freshet {
namespace {

// On the first fifth of MovieLens-1M categories that weigh as much as two words find the next film best;
// pairs of words at full weight drown what titles and genres have in common.
constexpr double kTagWeight = 2;
constexpr double kWordWeight = 1;
constexpr double kPairWeight = 0.25;
constexpr double kProviderWeight = 1;
constexpr std::size_t kWordsMax = 512;  ///< of a text: a description is told by its beginning
constexpr std::size_t kTermsMax = 96;   ///< of an item: each is a number in the owner's state
constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kSignsAHash = 64;
constexpr std::uint64_t kNextSigns = 0x9e3779b97f4a7c15ULL;

using Weights = std::map<std::uint64_t, double>;

/// Terms of different kinds are different terms.
std::uint64_t HashOf(char kind, std::string_view text) {
  return MixBits(Hash64(text) ^ static_cast<std::uint64_t>(kind));
}

bool IsWordByte(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte >= 0x80;
}

/// Calls word(text) for each word, in lower case.
template <typename Word>
void ForEachWord(std::string_view text, Word word) {
  std::string current;
  std::size_t words = 0;
  for (std::size_t i = 0; i <= text.size() && words < kWordsMax; ++i) {
    const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(' ');
    if (IsWordByte(byte)) {
      const bool upper = byte >= 'A' && byte <= 'Z';
      if (current.size() < kWordBytesMax) current.push_back(static_cast<char>(upper ? byte + 32 : byte));
    } else if (!current.empty()) {
      word(current);
      ++words;
      current.clear();
    }
  }
}

void AddText(std::string_view text, Weights& counts) {
  std::string before;
  ForEachWord(text, [&](const std::string& word) {
    counts[HashOf('w', word)] += kWordWeight;
    if (!before.empty()) counts[HashOf('p', before + " " + word)] += kPairWeight;
    before = word;
  });
}

void AddTag(char kind, std::string_view tag, double weight, Weights& tags) {
  if (tag.empty()) return;
  double& known = tags[HashOf(kind, tag)];
  known = std::max(known, weight);
}

void AddTags(const CatalogueItem& item, Weights& tags) {
  AddTag('v', item.provider, kProviderWeight, tags);
  for (std::string_view path : item.categories) {
    while (!path.empty()) {
      AddTag('c', path, kTagWeight, tags);
      const std::size_t slash = path.rfind('/');
      path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
    }
  }
  for (const std::string& tag : item.tags) AddTag('t', tag, kTagWeight, tags);
  for (const TaughtSkill& skill : item.teaches) {
    AddTag('s', skill.skill_id, kTagWeight * std::clamp(skill.weight.value_or(1), 0.0, 1.0), tags);
  }
}

class HashedTextEncoder final : public TextEncoder {
 public:
  std::vector<TextTerm> TermsOf(const CatalogueItem& item) const override {
    Weights counts;
    AddText(item.title, counts);
    AddText(item.text, counts);
    for (auto& [hash, count] : counts) {
      if (count > 1) count = 1 + Log(count);  // the tenth mention says less than the first
    }
    AddTags(item, counts);
    std::vector<TextTerm> terms;
    terms.reserve(counts.size());
    for (const auto& [hash, weight] : counts) {
      if (weight > 0) terms.push_back({hash, weight});
    }
    if (terms.size() > kTermsMax) {
      std::stable_sort(terms.begin(), terms.end(),
                       [](const TextTerm& a, const TextTerm& b) { return a.weight > b.weight; });
      terms.resize(kTermsMax);
      std::sort(terms.begin(), terms.end(),
                [](const TextTerm& a, const TextTerm& b) { return a.hash < b.hash; });
    }
    return terms;
  }

  std::optional<ContentVector> Encode(const CatalogueItem& item,
                                      const TermStatistics& statistics) const override {
    ContentVector sum{};
    const auto texts = static_cast<double>(statistics.Texts());
    for (const TextTerm& term : TermsOf(item)) {
      const auto with = static_cast<double>(std::max<std::uint64_t>(1, statistics.TextsWith(term.hash)));
      AddSigns(term.hash, static_cast<float>(term.weight * Log(1 + texts / with)), sum);
    }
    double squares = 0;
    for (const float number : sum) squares += static_cast<double>(number) * static_cast<double>(number);
    if (squares <= 0) return std::nullopt;
    const auto inverse = static_cast<float>(1 / std::sqrt(squares));
    for (float& number : sum) number *= inverse;
    return sum;
  }

 private:
  static void AddSigns(std::uint64_t hash, float weight, ContentVector& to) {
    static_assert(kContentDimensions % kSignsAHash == 0);
    for (std::size_t first = 0; first < kContentDimensions; first += kSignsAHash) {
      const std::uint64_t signs = MixBits(hash + (first / kSignsAHash) * kNextSigns);
      for (std::size_t i = 0; i < kSignsAHash; ++i) to[first + i] += (signs >> i & 1) != 0 ? weight : -weight;
    }
  }
};

}  // namespace

std::unique_ptr<TextEncoder> MakeHashedTextEncoder() { return std::make_unique<HashedTextEncoder>(); }

}  // namespace freshet
