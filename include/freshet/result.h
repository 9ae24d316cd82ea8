#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace freshet {

/// What a caller can do about a failure; the message says what failed, the value, and what to change.
enum class ErrorCode {
  kInvalidArgument,  ///< the caller's input is wrong; repeating does not help
  kNotFound,         ///< a topic, partition, key or file does not exist
  kAlreadyExists,    ///< the thing to create is there
  kUnavailable,      ///< the environment is at fault; the same call may succeed later (retriable)
  kTimeout,          ///< the deadline passed; the outcome may be unknown
  kAborted,          ///< the open transaction must be aborted; the same batch may then be tried again
  kFenced,           ///< another owner took over, or the transaction timed out: acquire afresh
  kOutOfRange,       ///< an offset below the log's start or above its end
  kCorrupt,          ///< stored bytes fail their check
  kUnsupported,      ///< this implementation cannot do it
  kIo,               ///< the disk or the operating system refused
  kCancelled,        ///< the process is stopping
};

/// Lower-case name of a code, for messages and metrics labels.
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;

  /// The same error with "`context`: " in front of the message.
  [[nodiscard]] Error Within(std::string_view context) const {
    return {code, std::string(context) + ": " + message};
  }
};

/// Either a value or an Error. Expected failure is returned, never thrown.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // NOLINTNEXTLINE(google-explicit-constructor): `return MakeError(...)` is meant to convert.
  Result(Error error) : tl::expected<T, Error>(tl::unexpected<Error>(std::move(error))) {}
  [[nodiscard]] bool ok() const { return this->has_value(); }
};

inline Error MakeError(ErrorCode code, std::string message) { return {code, std::move(message)}; }

}  // namespace freshet

#define FRESHET_CONCAT_INNER(a, b) a##b
#define FRESHET_CONCAT(a, b) FRESHET_CONCAT_INNER(a, b)
#define FRESHET_TRY_IMPL(result, declaration, expression)    \
  auto result = (expression);                                \
  if (!result.has_value()) return std::move(result).error(); \
  declaration = std::move(*result)
/// `FRESHET_TRY(auto value, Call());` takes the value or returns the error from the current function.
#define FRESHET_TRY(declaration, expression) \
  FRESHET_TRY_IMPL(FRESHET_CONCAT(freshet_result_, __LINE__), declaration, expression)
/// `FRESHET_CHECK(Call());` for Result<void>: returns the error from the current function.
#define FRESHET_CHECK_IMPL(result, expression)                 \
  do {                                                         \
    auto result = (expression);                                \
    if (!result.has_value()) return std::move(result).error(); \
  } while (false)
#define FRESHET_CHECK(expression) FRESHET_CHECK_IMPL(FRESHET_CONCAT(freshet_check_, __LINE__), expression)
