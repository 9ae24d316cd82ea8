#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "freshet/event.h"
#include "freshet/model.h"

namespace freshet {

/// A vector of length 1 whose products with others say how alike contents are.
using ContentVector = std::array<float, kContentDimensions>;

/// A feature of a text: a word, a pair of words, a tag.
struct TextTerm {
  std::uint64_t hash = 0;
  double weight = 0;  ///< in this text
};

/// How many texts there are, and how many have a term: sums over the catalogue, kept by who owns it.
class TermStatistics {
 public:
  virtual ~TermStatistics() = default;
  virtual std::uint64_t Texts() const = 0;
  virtual std::uint64_t TextsWith(std::uint64_t hash) const = 0;
};

/// Turns an entry of the catalogue into a vector. Stateless; its arithmetic is the same on each machine. An
/// encoder that learned elsewhere has no terms and reads no statistics.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// What statistics are kept of, each once, by hash; bounded.
  virtual std::vector<TextTerm> TermsOf(const CatalogueItem& item) const = 0;
  /// Nothing where the entry says nothing.
  virtual std::optional<ContentVector> Encode(const CatalogueItem& item,
                                              const TermStatistics& statistics) const = 0;
};

/// Words and pairs of words of title and text, categories with those above them, tags, skills and provider,
/// weighted by how rare they are (TF-IDF), each hashed to a fixed vector of signs: products of the sums come
/// near the products of the weights. Words are runs of ASCII letters and digits, in lower case, and of any
/// byte beyond ASCII.
std::unique_ptr<TextEncoder> MakeHashedTextEncoder();

}  // namespace freshet
