#pragma once

#include "app/command_line.h"

namespace freshet {

// One file pair would hold one line here: each command is a file of this folder and one function.
void AddConfigCommand(CommandLine& line);
void AddDeadLettersCommands(CommandLine& line);
void AddDoctorCommand(CommandLine& line);
void AddEvaluateCommands(CommandLine& line);
/// Parts of AddEvaluateCommands.
void AddRatingsProtocol(CommandLine& line, CLI::App& group);
void AddSplitProtocols(CommandLine& line, CLI::App& group);
void AddImportCommand(CommandLine& line);
void AddRecommendCommand(CommandLine& line);
void AddReplayCommand(CommandLine& line);
void AddRunCommand(CommandLine& line);
void AddSimilarCommand(CommandLine& line);
void AddStateCommands(CommandLine& line);
void AddSendCommand(CommandLine& line);
void AddTailCommand(CommandLine& line);
void AddTopicsCommands(CommandLine& line);
void AddVersionCommand(CommandLine& line);

/// Every command, in the order of the help text.
void AddAllCommands(CommandLine& line);

}  // namespace freshet
