# an opcode that does not exist
-- asm
	raw 0xe7 0 0 0 0
	exit
-- refused unknown opcode e7
