using Sensorium.Tensors;

namespace Sensorium.Weights;

/// <summary>The kinds of metadata values of GGUF, by their numbers in the file.</summary>
public enum GgufValueType
{
    /// <summary>Unsigned 8 bits.</summary>
    U8 = 0,
    /// <summary>Signed 8 bits.</summary>
    I8 = 1,
    /// <summary>Unsigned 16 bits.</summary>
    U16 = 2,
    /// <summary>Signed 16 bits.</summary>
    I16 = 3,
    /// <summary>Unsigned 32 bits.</summary>
    U32 = 4,
    /// <summary>Signed 32 bits.</summary>
    I32 = 5,
    /// <summary>IEEE single.</summary>
    F32 = 6,
    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,
    /// <summary>Length and UTF-8 bytes.</summary>
    String = 8,
    /// <summary>Element type, count and elements.</summary>
    Array = 9,
    /// <summary>Unsigned 64 bits.</summary>
    U64 = 10,
    /// <summary>Signed 64 bits.</summary>
    I64 = 11,
    /// <summary>IEEE double.</summary>
    F64 = 12,
}

/// <summary>GGUF's numbers for tensor types (ggml.h, <c>enum ggml_type</c>).</summary>
public static class GgufTypes
{
    static readonly (int Id, DType Type)[] table =
    [
        (0, DType.F32), (1, DType.F16), (2, DType.Q4_0), (3, DType.Q4_1), (6, DType.Q5_0), (7, DType.Q5_1), (8, DType.Q8_0), (9, DType.Q8_1),
        (10, DType.Q2_K), (11, DType.Q3_K), (12, DType.Q4_K), (13, DType.Q5_K), (14, DType.Q6_K), (15, DType.Q8_K),
        (16, DType.IQ2_XXS), (17, DType.IQ2_XS), (18, DType.IQ3_XXS), (19, DType.IQ1_S), (20, DType.IQ4_NL), (21, DType.IQ3_S),
        (22, DType.IQ2_S), (23, DType.IQ4_XS), (24, DType.I8), (25, DType.I16), (26, DType.I32), (27, DType.I64), (28, DType.F64),
        (29, DType.IQ1_M), (30, DType.BF16), (34, DType.TQ1_0), (35, DType.TQ2_0), (39, DType.MXFP4), (41, DType.Q1_0), (42, DType.Q2_0),
    ];

    static readonly Dictionary<int, DType> byId = table.ToDictionary(row => row.Id, row => row.Type);
    static readonly Dictionary<DType, int> byType = table.ToDictionary(row => row.Type, row => row.Id);

    /// <summary>The type of a number in a file, or null for one that is not read.</summary>
    public static DType? FromId(uint id) => id <= int.MaxValue && byId.TryGetValue((int)id, out DType type) ? type : null;

    /// <summary>The number that files hold for a type, or null where GGUF has none.</summary>
    public static int? ToId(DType type) => byType.TryGetValue(type, out int id) ? id : null;

    /// <summary>What to say of a number that is not read.</summary>
    public static string Describe(uint id) => id switch
    {
        4 or 5 => $"{id} (Q4_2 or Q4_3, which llama.cpp dropped in 2023)",
        31 or 32 or 33 => $"{id} (a Q4_0 repacked for one machine, which llama.cpp dropped; quantise to Q4_0 again)",
        36 or 37 or 38 => $"{id} (an IQ4_NL repacked for one machine, which llama.cpp dropped; quantise to IQ4_NL again)",
        40 => "40 (NVFP4)",
        _ => id.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
