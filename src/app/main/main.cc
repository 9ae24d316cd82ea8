#include "app/program.h"

int main(int argc, char** argv) { return freshet::RunProgram(argc, argv); }
