#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace freshet {

/// The whole file; empty where there is none.
inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace freshet
