# packet loads are for socket filters
-- asm
	raw 0x30 0 0 0 0
	exit
-- refused BPF_LD_[ABS|IND] instructions not allowed for this program type
