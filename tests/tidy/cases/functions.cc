// A case for tidy_test.py, never compiled: every kind of function that must be found and measured.
#define MACRO(x) \
  do { x; } while (false)
namespace freshet {
constexpr std::array kNumbers = {1, 2, 3};

int Free() {
  return 1'000'000;
}

class Held final : public Base {
 public:
  int Method() const { return value_; }
  template <typename Number>
  Number Long(Number first,
              Number second) {
    if (first > second) {
      return first; }
  }
  int declared();

 private:
  int value_ = Call();
  enum class Kind { kA, kB };
};

Outside::Outside(int a)
    : a_(a) {
  Run();
}

void WithLambda() {
  Each([](int a) {
    Use(a);
  });
}

const char* Literals() {
  // an unmatched { in a comment
  const char* text = "an unmatched { in a string";
  const char brace = '{'; const char* raw = R"(an unmatched { in a raw string)";
}

TEST(Suite, Case) {
  EXPECT_TRUE(true);
}
}  // namespace freshet
