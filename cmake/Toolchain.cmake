# Compiler flags that all targets share. State must not depend on the machine: one fixed instruction set
# and no contraction of a*b+c, so that a replay gives the same bits everywhere (docs/ARCHITECTURE.md).
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
add_compile_options(-march=x86-64-v3 -ffp-contract=off -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives inside the standard library at -O2.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
if(FRESHET_SANITIZE)
  add_compile_options(-fsanitize=${FRESHET_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FRESHET_SANITIZE})
endif()
if(FRESHET_FUZZ)
  # Coverage for libFuzzer in all our code; only the fuzz targets link its main.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FRESHET_CCACHE})
endif()
find_program(FRESHET_MOLD mold)
if(FRESHET_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
