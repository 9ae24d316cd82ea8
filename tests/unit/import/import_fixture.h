#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "import/importer.h"

namespace freshet {

/// Reads lines through one format and keeps what came out.
class Import {
 public:
  explicit Import(std::string format, ImportOptions options = {})
      : format_(std::move(format)), options_(options) {}

  Import& Read(std::vector<std::string> lines) {
    auto importer = MakeImporter(format_, options_);
    EXPECT_TRUE(importer.ok());
    std::size_t next = 0;
    const LineSource source = [&](std::string& line) -> Result<bool> {
      if (next == lines.size()) return false;
      line = lines[next++];
      return true;
    };
    const EventSink sink = [this](const Event& event) -> Result<void> {
      events_.push_back(event);
      return {};
    };
    result_ = RunImport(**importer, source, sink, options_);
    return *this;
  }

  const ImportReport& Report() const {
    EXPECT_TRUE(result_.ok()) << (result_.ok() ? "" : result_.error().message);
    return *result_;
  }
  std::string Failure() const { return result_.ok() ? "" : result_.error().message; }

  template <typename Kind>
  std::vector<Kind> All() const {
    std::vector<Kind> found;
    for (const Event& event : events_) {
      if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    }
    return found;
  }
  const std::vector<Event>& Events() const { return events_; }

 private:
  std::string format_;
  ImportOptions options_;
  std::vector<Event> events_;
  Result<ImportReport> result_ = ImportReport{};
};

}  // namespace freshet
