#include "models/text_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/format.h"
#include "models/content_code.h"

namespace freshet {
namespace {

CatalogueItem Film(const std::string& title, const std::vector<std::string>& genres) {
  CatalogueItem item;
  item.item_id = title;
  item.title = title;
  item.categories = genres;
  return item;
}

/// Counts what it is shown.
class Shelf final : public TermStatistics {
 public:
  void Show(const CatalogueItem& item) {
    ++texts_;
    for (const TextTerm& term : encoder_->TermsOf(item)) ++with_[term.hash];
  }
  std::uint64_t Texts() const override { return texts_; }
  std::uint64_t TextsWith(std::uint64_t hash) const override {
    const auto found = with_.find(hash);
    return found == with_.end() ? 0 : found->second;
  }
  ContentVector Encode(const CatalogueItem& item) const { return encoder_->Encode(item, *this).value(); }
  const TextEncoder& encoder() const { return *encoder_; }

 private:
  std::unique_ptr<TextEncoder> encoder_ = MakeHashedTextEncoder();
  std::uint64_t texts_ = 0;
  std::map<std::uint64_t, std::uint64_t> with_;
};

double Product(const ContentVector& a, const ContentVector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

TEST(TextEncoder, LikeContentsHaveLikeVectors) {
  const CatalogueItem alien = Film("Alien", {"Horror", "Sci-Fi"});
  const CatalogueItem aliens = Film("Aliens returns", {"Horror", "Sci-Fi"});
  const CatalogueItem romance = Film("Sleepless in Seattle", {"Comedy", "Romance"});
  Shelf shelf;
  for (const CatalogueItem& film : {alien, aliens, romance}) shelf.Show(film);
  EXPECT_NEAR(Product(shelf.Encode(alien), shelf.Encode(alien)), 1, 1e-5);
  EXPECT_GT(Product(shelf.Encode(alien), shelf.Encode(aliens)), 0.4);
  EXPECT_LT(std::abs(Product(shelf.Encode(alien), shelf.Encode(romance))), 0.35);
}

TEST(TextEncoder, WhatIsRareCountsMore) {
  Shelf shelf;
  for (int i = 0; i < 500; ++i) shelf.Show(Film(fmt::format("f{}", i), {"Drama"}));
  for (int i = 0; i < 3; ++i) shelf.Show(Film(fmt::format("n{}", i), {"Film-Noir"}));
  const ContentVector both = shelf.Encode(Film("x", {"Drama", "Film-Noir"}));
  const double noir = Product(both, shelf.Encode(Film("y", {"Film-Noir"})));
  const double drama = Product(both, shelf.Encode(Film("z", {"Drama"})));
  EXPECT_GT(noir, drama + 0.2);
}

TEST(TextEncoder, WordsAreReadWithoutCaseAndCategoriesWithThoseAbove) {
  const Shelf shelf;
  const auto terms = [&](const CatalogueItem& item) {
    std::map<std::uint64_t, double> found;
    for (const TextTerm& term : shelf.encoder().TermsOf(item)) found[term.hash] = term.weight;
    return found;
  };
  EXPECT_EQ(terms(Film("Über-Heroes 2", {})), terms(Film("  Über heroes, 2!", {})));
  EXPECT_EQ(terms(Film("one two", {})).size(), 3u) << "two words and their pair";
  EXPECT_EQ(terms(Film("", {"a/b/c", "a/d"})).size(), 4u);
  EXPECT_NE(terms(Film("drama", {})), terms(Film("", {"drama"})));
}

TEST(TextEncoder, ALongTextIsBounded) {
  CatalogueItem item = Film("Long", {"A"});
  for (int i = 0; i < 100'000; ++i) item.text += fmt::format("word{} ", i);
  const Shelf shelf;
  const auto terms = shelf.encoder().TermsOf(item);
  EXPECT_LE(terms.size(), 96u);
  for (std::size_t i = 1; i < terms.size(); ++i) EXPECT_LT(terms[i - 1].hash, terms[i].hash);
}

TEST(TextEncoder, AnEmptyEntrySaysNothing) {
  const Shelf shelf;
  EXPECT_FALSE(shelf.encoder().Encode(Film("", {}), shelf).has_value());
  EXPECT_FALSE(shelf.encoder().Encode(Film("... !", {""}), shelf).has_value());
}

TEST(ContentCode, KeepsTheVectorsDirection) {
  Shelf shelf;
  shelf.Show(Film("Alien", {"Horror"}));
  const ContentVector vector = shelf.Encode(Film("Alien", {"Horror"}));
  const ContentCode code = EncodeContent(vector);
  ASSERT_TRUE(code.known());
  EXPECT_NEAR(Product(vector, DecodeContent(code)), 1, 0.01);
  EXPECT_NEAR(static_cast<double>(ContentProduct(vector, code)), 1, 0.01);
  EXPECT_EQ(EncodeContent(DecodeContent(code)).codes, code.codes);
  EXPECT_FALSE(EncodeContent(ContentVector{}).known());
}

}  // namespace
}  // namespace freshet
