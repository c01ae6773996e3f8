/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main: the program.  All it does is in cli.
 */
#include "loader/cli.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv);
}
