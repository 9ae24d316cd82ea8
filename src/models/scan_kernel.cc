#include "models/scan_kernel.h"

namespace freshet {

std::vector<NamedScanKernel> ScanKernelsHere() {
  std::vector<NamedScanKernel> kernels;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vnni")) {
    kernels.push_back({"avx512-vnni", ScanChunkVnni});
  }
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", ScanChunkAvx2});
  kernels.push_back({"plain", ScanChunkPlain});
  return kernels;
}

ScanKernel BestScanKernel() {
  static const ScanKernel kBest = ScanKernelsHere().front().kernel;
  return kBest;
}

}  // namespace freshet
