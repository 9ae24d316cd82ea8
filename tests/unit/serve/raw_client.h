#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// A plain socket that says exactly what a test tells it to.
class RawClient final {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;  // or the second of two small sends waits for the first one's delayed acknowledgement
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next answer; absent when the server closed or said nothing for `timeout`.
  std::optional<Answer> Receive(std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    auto answer = ReceiveHead(timeout);
    if (!answer) return std::nullopt;
    const auto length = answer->headers.find("content-length");
    const std::size_t body = length == answer->headers.end() ? 0 : std::stoul(length->second);
    while (buffer_.size() < body) {
      if (!Fill(timeout)) return std::nullopt;
    }
    answer->body = buffer_.substr(0, body);
    buffer_.erase(0, body);
    return answer;
  }

  /// The same for an answer without a body, whatever length it tells.
  std::optional<Answer> ReceiveHead(std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill(timeout)) return std::nullopt;
    }
    Answer answer = ParseHead(buffer_.substr(0, end));
    buffer_.erase(0, end + 4);
    return answer;
  }

  /// True when the server ends the connection within `timeout`.
  bool ClosedWithin(std::chrono::milliseconds timeout) {
    while (Fill(timeout)) continue;
    return ended_;
  }

  std::optional<Answer> Get(std::string_view target) {
    Send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return Receive();
  }

  std::optional<Answer> Post(std::string_view target, std::string_view type, std::string_view body) {
    Send("POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    Send(body);
    return Receive();
  }

 private:
  bool Fill(std::chrono::milliseconds timeout) {
    pollfd wait{socket_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(timeout.count())) <= 0) return false;
    char bytes[65'536];
    const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (got <= 0) ended_ = true;
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  static Answer ParseHead(std::string_view head) {
    Answer answer;
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
      const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      answer.headers[name] = line.substr(colon + 2);
    }
    return answer;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace freshet
