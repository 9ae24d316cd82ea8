#pragma once

namespace freshet {

/// The program `freshet`: finds the command, loads its configuration, runs it. The result is the exit code:
/// 0 the command did what it was asked, 2 wrong usage, 1 anything else. Data goes to stdout, talk to stderr.
int RunProgram(int argc, const char* const* argv);

}  // namespace freshet
