#pragma once

// What the programs for whole pipelines share: arguments, clocks of CPU and memory, a configuration to
// measure.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/logging.h"
#include "config/config.h"
#include "measure.h"

namespace freshet::bench {

/// User and system time of another process; 0 where it is not there.
inline double CpuSecondsOf(long pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  unsigned long user = 0;
  unsigned long system = 0;
  std::sscanf(text.c_str() + name_end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
              &system);
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

/// A line of /proc/PID/status in MiB: "VmRSS", "VmHWM" (the peak).
inline double MemoryMib(std::string_view what, const std::string& pid = "self") {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(what, 0) == 0) return std::atof(line.c_str() + what.size() + 1) / 1024;
  }
  return 0;
}

/// The peak counts from now.
inline void ResetPeakMemory() { std::ofstream("/proc/self/clear_refs") << "5\n"; }

inline double LoadAverage() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

/// `part` of the values lie at or below the result; the values get sorted.
inline double Quantile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

template <typename Condition>
void WaitUntil(const Condition& condition, std::chrono::seconds at_most, std::string_view what) {
  const auto start = SteadyClock::now();
  while (!condition()) {
    if (SteadyClock::now() - start > at_most) Give(fmt::format("{}: not within {} s", what, at_most.count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A folder that is gone with the benchmark.
class TemporaryFolder final {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) Give("cannot create " + pattern);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// `WORD... --name value...`
class Arguments final {
 public:
  Arguments(int argc, char** argv, std::string usage) : usage_(std::move(usage)) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word.rfind("--", 0) != 0) {
        words_.push_back(word);
        continue;
      }
      if (i + 1 == argc) Give(usage_);
      options_[word.substr(2)] = argv[++i];
    }
  }
  const std::string& Word(std::size_t index) const {
    if (index >= words_.size()) Give(usage_);
    return words_[index];
  }
  std::string Text(const std::string& name, const std::string& otherwise) const {
    const auto found = options_.find(name);
    return found == options_.end() ? otherwise : found->second;
  }
  std::int64_t Number(const std::string& name, std::int64_t otherwise) const {
    const auto found = options_.find(name);
    return found == options_.end() ? otherwise : std::atoll(found->second.c_str());
  }

 private:
  std::string usage_;
  std::vector<std::string> words_;
  std::map<std::string, std::string> options_;
};

/// The defaults, with their data in `folder`, on the embedded log or on a broker: "embedded" or
/// "kafka=HOST:PORT". On a broker every run has topics of its own.
inline Config MakeConfig(const std::string& where, const std::string& folder) {
  constexpr std::string_view kKafka = "kafka=";
  Config config;
  config.data.dir = folder;
  config.http.listen = "127.0.0.1:0";
  config.log.level = LogLevel::kWarn;
  ConfigureLogging(config.log.level, config.log.format);
  if (where == "embedded") return config;
  if (where.rfind(kKafka, 0) != 0) Give("where? embedded or kafka=HOST:PORT");
  config.kafka.bootstrap_servers = where.substr(kKafka.size());
  config.app.id = std::filesystem::path(folder).filename().string();
  config.topics.prefix = config.app.id + ".";
  return config;
}

}  // namespace freshet::bench
