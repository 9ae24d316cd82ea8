#include "state/digest.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "state/task_store.h"

namespace freshet {

void StateDigest::Add(std::string_view key, std::string_view value) {
  line_.clear();
  ByteWriter writer(line_);
  writer.Fixed(hash_);
  writer.Bytes(key);
  writer.Bytes(value);
  hash_ = Hash64(line_);
  ++entries_;
  bytes_ += key.size() + value.size();
}

Result<StateDigest> DigestOf(const TaskStore& store) {
  StateDigest digest;
  FRESHET_CHECK(store.ForEach("", [&digest](std::string_view key, std::string_view value) {
    digest.Add(key, value);
    return true;
  }));
  return digest;
}

}  // namespace freshet
