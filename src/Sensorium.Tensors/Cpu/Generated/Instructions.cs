using System.Runtime.Intrinsics.X86;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The instructions that a generated kernel is written in; each kernel needs one of these sets.</summary>
[Flags]
enum Instructions
{
    None = 0,

    /// <summary>AVX2, FMA and F16C: 256 bits.</summary>
    Avx2 = 1,

    /// <summary>AVX-VNNI besides: <c>vpdpbusd</c> of 256 bits.</summary>
    AvxVnni = 2,

    /// <summary>AVX-512 F, BW, DQ and VL.</summary>
    Avx512 = 4,

    /// <summary>AVX512-VNNI besides: <c>vpdpbusd</c> of 512 bits.</summary>
    Avx512Vnni = 8,

    /// <summary>AVX512-BF16 besides: <c>vdpbf16ps</c>.</summary>
    Avx512Bf16 = 16,
}

/// <summary>What this processor, this system and this runtime have of them.</summary>
static class InstructionSets
{
    /// <summary>The sets that run here. Whether the system saves the registers (XGETBV) is what the runtime asked for its own tiers.</summary>
    public static Instructions Here { get; } = Detect();

    /// <summary>The sets that a tier may use: never wider than the tier itself.</summary>
    public static Instructions Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx512 => Here,
        KernelTier.Avx2 => Here & (Instructions.Avx2 | Instructions.AvxVnni),
        _ => Instructions.None,
    };

    /// <summary>Its usual name.</summary>
    public static string Name(this Instructions set) => set switch
    {
        Instructions.Avx2 => "AVX2+FMA+F16C",
        Instructions.AvxVnni => "AVX-VNNI",
        Instructions.Avx512 => "AVX512",
        Instructions.Avx512Vnni => "AVX512-VNNI",
        Instructions.Avx512Bf16 => "AVX512-BF16",
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, "one set has a name"),
    };

    static Instructions Detect()
    {
        if (!X86Base.X64.IsSupported || !KernelTier.Avx2.IsSupported())
        {
            return Instructions.None;
        }

        // CPUID leaves 1 and 7 (Intel SDM vol. 2A, CPUID).
        int leaves = X86Base.CpuId(0, 0).Eax;
        int first = X86Base.CpuId(1, 0).Ecx;
        if (leaves < 7 || (first & 1 << 29) == 0)
        {
            return Instructions.None;
        }

        (int subleaves, _, int third, _) = X86Base.CpuId(7, 0);
        int extended = subleaves >= 1 ? X86Base.CpuId(7, 1).Eax : 0;
        Instructions sets = Instructions.Avx2;
        if ((extended & 1 << 4) != 0)
        {
            sets |= Instructions.AvxVnni;
        }

        if (KernelTier.Avx512.IsSupported())
        {
            sets |= Instructions.Avx512;
            sets |= (third & 1 << 11) != 0 ? Instructions.Avx512Vnni : Instructions.None;
            sets |= (extended & 1 << 5) != 0 ? Instructions.Avx512Bf16 : Instructions.None;
        }

        return sets;
    }
}
