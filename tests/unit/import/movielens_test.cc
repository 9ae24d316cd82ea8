#include "import/movielens.h"

#include "unit/import/import_fixture.h"

namespace freshet {
namespace {

Import Imported(std::vector<std::string> lines) { return Import("movielens").Read(std::move(lines)); }

TEST(MovieLens, ReadsRatingsBetweenTabs) {
  const Import import = Imported({"11\t21\t3\t1700000100", "12\t22\t4\t1700000200"});
  ASSERT_EQ(import.Report().events, 2);
  const Rating rating = import.All<Rating>()[0];
  EXPECT_EQ(rating.user_id, "11");
  EXPECT_EQ(rating.item_id, "movie:21");
  EXPECT_EQ(rating.rating, 3);
  EXPECT_EQ(rating.scale_min, 1);
  EXPECT_EQ(rating.scale_max, 5);
  EXPECT_EQ(rating.rated_at->ms, 1'700'000'100'000);
  EXPECT_EQ(rating.event_id, "11-21-1700000100");
}

TEST(MovieLens, ReadsRatingsBetweenDoubleColons) {
  const Import import = Imported({"11::21::5::1700000100"});
  EXPECT_EQ(import.All<Rating>().at(0).item_id, "movie:21");
}

TEST(MovieLens, ReadsCommaSeparatedRatingsWithHalfStarsUnderAHeader) {
  const Import import = Imported({"userId,movieId,rating,timestamp", "11,21,0.5,1700000100"});
  EXPECT_EQ(import.All<Rating>().at(0).rating, 0.5);
  EXPECT_EQ(import.All<Rating>().at(0).scale_min, 0.5);
}

TEST(MovieLens, RatingsWithoutTimeHaveNone) {
  const Import import = Imported({"11,21,5"});
  EXPECT_FALSE(import.All<Rating>().at(0).rated_at.has_value());
  EXPECT_EQ(import.All<Rating>().at(0).event_id, "11-21");
}

TEST(MovieLens, ReadsMoviesWithGenreFlagsAndLatin1Titles) {
  const Import import =
      Imported({"1|Caf\xe9 (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0"});
  const CatalogueItem movie = import.All<CatalogueItem>().at(0);
  EXPECT_EQ(movie.item_id, "movie:1");
  EXPECT_EQ(movie.title, "Caf\xc3\xa9 (1995)");
  EXPECT_EQ(movie.categories, (std::vector<std::string>{"Animation", "Children's", "Comedy"}));
}

TEST(MovieLens, ReadsMoviesWithNamedGenres) {
  const Import colons = Imported({"1::Two Kites (1995)::Animation|Comedy"});
  EXPECT_EQ(colons.All<CatalogueItem>().at(0).categories, (std::vector<std::string>{"Animation", "Comedy"}));
  const Import commas =
      Imported({"movieId,title,genres", "11,\"Long Winter, The (1995)\",(no genres listed)"});
  EXPECT_EQ(commas.All<CatalogueItem>().at(0).title, "Long Winter, The (1995)");
  EXPECT_TRUE(commas.All<CatalogueItem>().at(0).categories.empty());
}

TEST(MovieLens, RefusesRatingsOutsideTheScale) {
  EXPECT_EQ(Imported({"1\t2\t6\t1700000100"}).Failure(), "line 1: rating is 6, expected 1 to 5");
  EXPECT_EQ(Imported({"1,2,0.5"}).Failure(), "line 1: rating is 0.5, expected 1 to 5");
}

TEST(MovieLens, RefusesFilesOfAnotherShape) {
  EXPECT_TRUE(Imported({"hello"}).Failure().starts_with("line 1: the first line is of no MovieLens file"));
  EXPECT_TRUE(Imported({"1\t2"}).Failure().starts_with("line 1: 2 fields"));
}

}  // namespace
}  // namespace freshet
