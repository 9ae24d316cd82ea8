#include "connectors/file/manifest.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/format.h"
#include "base/topic_spec.h"

namespace freshet {
namespace {

constexpr std::string_view kTitle = "freshet-file-log ";
constexpr int kVersion = 1;

/// A word up to the next blank; the line is moved behind it.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <typename Number>
bool TakeNumber(std::string_view& line, Number& to) {
  const std::string_view word = TakeWord(line);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

std::string EscapeLine(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\\') {
      escaped += "\\\\";
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

std::string UnescapeLine(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      plain.push_back(text[i]);
      continue;
    }
    ++i;
    plain.push_back(text[i] == 'n' ? '\n' : text[i]);
  }
  return plain;
}

std::optional<FileTopic> ParseTopic(std::string_view line) {
  FileTopic topic;
  topic.spec.name = TakeWord(line);
  if (!TakeNumber(line, topic.id)) return std::nullopt;
  const std::string_view cleanup = TakeWord(line);
  std::int64_t retention_ms = -1;
  std::int64_t bytes_max = -1;
  if (!TakeNumber(line, retention_ms) || !TakeNumber(line, bytes_max)) return std::nullopt;
  for (const Cleanup known : {Cleanup::kDelete, Cleanup::kCompact, Cleanup::kCompactAndDelete}) {
    if (cleanup == CleanupName(known)) topic.spec.cleanup = known;
  }
  if (retention_ms >= 0) topic.spec.retention = std::chrono::milliseconds(retention_ms);
  if (bytes_max >= 0) topic.spec.message_bytes_max = bytes_max;
  return topic;
}

/// Takes in one line; false when it makes no sense.
bool TakeLine(std::string_view line, Manifest& manifest, FileTopic*& topic) {
  const std::string_view word = TakeWord(line);
  if (word == "id") {
    manifest.id = line;
    return true;
  }
  if (word == "compression") {
    manifest.compression = CompressionOfName(line);
    return true;
  }
  if (word == "committed") return TakeNumber(line, manifest.committed);
  if (word == "topics") return TakeNumber(line, manifest.topics_created);
  if (word == "topic") {
    auto parsed = ParseTopic(line);
    if (!parsed) return false;
    const std::string name = parsed->spec.name;
    topic = &(manifest.topics[name] = std::move(*parsed));
    return true;
  }
  if (topic == nullptr) return false;
  if (word == "setting") {
    const std::string setting = UnescapeLine(line);
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) return false;
    topic->spec.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
    return true;
  }
  if (word != "partition") return false;
  topic->spec.partitions = static_cast<std::int32_t>(topic->committed_bytes.size() + 1);
  return TakeNumber(line, topic->committed_bytes.emplace_back());
}

}  // namespace

std::string FormatManifest(const Manifest& manifest) {
  const std::string_view suffix = CompressionSuffix(manifest.compression);
  std::string text =
      fmt::format("{}{}\nid {}\ncompression {}\ncommitted {}\ntopics {}\n", kTitle, kVersion, manifest.id,
                  suffix.empty() ? "-" : suffix, manifest.committed, manifest.topics_created);
  for (const auto& [name, topic] : manifest.topics) {
    const std::int64_t retention_ms = topic.spec.retention ? topic.spec.retention->count() : -1;
    text += fmt::format("topic {} {} {} {} {}\n", name, topic.id, CleanupName(topic.spec.cleanup),
                        retention_ms, topic.spec.message_bytes_max.value_or(-1));
    for (const auto& [setting, value] : topic.spec.settings) {
      text += "setting " + EscapeLine(setting + "=" + value) + "\n";
    }
    for (const auto bytes : topic.committed_bytes) text += fmt::format("partition {}\n", bytes);
  }
  return text;
}

Result<Manifest> ParseManifest(std::string_view text) {
  int version = 0;
  std::string_view first = text.substr(0, text.find('\n'));
  const bool titled = first.starts_with(kTitle);
  if (titled) first.remove_prefix(kTitle.size());
  if (!titled || !TakeNumber(first, version)) {
    return MakeError(ErrorCode::kUnsupported, "this is not a file log; choose another directory");
  }
  if (version != kVersion) {
    return MakeError(ErrorCode::kUnsupported, "file log of format " + std::to_string(version) +
                                                  ", this Freshet reads " + std::to_string(kVersion) +
                                                  "; use the Freshet that wrote it");
  }
  Manifest manifest;
  FileTopic* topic = nullptr;
  text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos || !TakeLine(line, manifest, topic)) {
      return MakeError(ErrorCode::kCorrupt,
                       "damaged line '" + std::string(line) + "'; restore it from a copy");
    }
    text.remove_prefix(end + 1);
  }
  return manifest;
}

}  // namespace freshet
