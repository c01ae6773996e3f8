/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli: the command line.
 */
#ifndef XDPFW_CLI_H
#define XDPFW_CLI_H

/* Runs one command. Returns the exit status. */
int cli_run(int argc, char **argv);

#endif
