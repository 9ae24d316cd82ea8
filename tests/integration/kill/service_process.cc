#include "integration/kill/service_process.h"

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "serve/http_client.h"

namespace freshet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string FieldOf(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return "";
  const std::size_t from = at + name.size() + 2;
  return line.substr(from, line.find(' ', from) - from);
}

}  // namespace

void ServiceProcess::Start(const std::string& fail) {
  // A killed process leaves its address behind.
  std::filesystem::remove(place_.data / "freshet.address");
  Command command;
  command.arguments = WithPlace({"run", "--set", "http.listen=127.0.0.1:0"});
  if (!fail.empty()) command.environment["FRESHET_FAIL"] = fail;
  log_ = place_.logs / (place_.data.filename().string() + "-run-" + std::to_string(++runs_) + ".log");
  std::filesystem::remove(log_);
  command.err = log_;
  started_ = steady_clock::now();
  child_ = std::make_unique<ChildProcess>(command);
}

void ServiceProcess::Kill9() {
  child_->Signal(SIGKILL);
  child_->Wait();
}

int ServiceProcess::Stop() {
  child_->Signal(SIGTERM);
  return child_->Wait();
}

void ServiceProcess::Continue() const { child_->Signal(SIGCONT); }

std::optional<milliseconds> ServiceProcess::WaitReady() {
  while (Alive() && steady_clock::now() - started_ < std::chrono::minutes(1)) {
    if (Ready()) return std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_);
    std::this_thread::sleep_for(milliseconds(5));
  }
  return std::nullopt;
}

bool ServiceProcess::Ready() const {
  const std::string address = Address();
  if (address.empty()) return false;
  const auto answer = Fetch({.address = address, .target = "/readyz", .timeout = milliseconds(2'000)});
  return answer.ok() && answer->status == 200;
}

std::string ServiceProcess::Address() const {
  const std::string text = ReadText(place_.data / "freshet.address");
  return text.find('\n') == std::string::npos ? "" : text.substr(0, text.find('\n'));
}

double ServiceProcess::Metric(std::string_view name) const {
  const auto answer = Fetch({.address = Address(), .target = "/metrics", .timeout = milliseconds(5'000)});
  if (!answer.ok()) return 0;
  double sum = 0;
  std::istringstream lines(answer->body);
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with(name) && line.size() > name.size() &&
                      (line[name.size()] == '{' || line[name.size()] == ' ');
    if (ours) sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

int ServiceProcess::Post(const std::string& topic, const std::string& lines) const {
  const auto answer = Fetch({.address = Address(),
                             .method = "POST",
                             .target = "/v1/events/" + topic,
                             .content_type = "application/x-ndjson",
                             .body = lines,
                             .timeout = milliseconds(10'000)});
  return answer.ok() ? answer->status : 0;
}

std::vector<Acquisition> ServiceProcess::Acquisitions() const {
  std::vector<Acquisition> found;
  std::istringstream lines(Log());
  for (std::string line; std::getline(lines, line);) {
    if (line.find("msg=\"task acquired\"") == std::string::npos) continue;
    if (line.find(" took_ms=") == std::string::npos) continue;  // cut off by the kill
    found.push_back({FieldOf(line, "task"),
                     std::strtoull(FieldOf(line, "restored_records").c_str(), nullptr, 10),
                     FieldOf(line, "full_restore") == "true"});
  }
  return found;
}

int ServiceProcess::TasksAssigned() const {
  const std::string log = Log();
  const std::size_t at = log.rfind("msg=\"partitions assigned\" tasks=");
  return at == std::string::npos ? 0 : std::atoi(log.c_str() + log.find("tasks=", at) + 6);
}

bool ServiceProcess::Paused() const {
  const std::string stat = ReadText("/proc/" + std::to_string(pid()) + "/stat");
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat[name_end + 2] == 'T';
}

std::vector<std::string> ServiceProcess::WithPlace(std::vector<std::string> command) const {
  command.push_back("--data");
  command.push_back(place_.data.string());
  for (const std::string& setting : place_.settings) {
    command.push_back("--set");
    command.push_back(setting);
  }
  return command;
}

}  // namespace freshet::testing
