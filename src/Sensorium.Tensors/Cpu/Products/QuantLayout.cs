namespace Sensorium.Tensors.Cpu.Products;

/// <summary>How the integers of 32 inputs by 16 outputs are packed; the value is the bytes they take.</summary>
/// <remarks>
/// A quad is four inputs of each of the 16 outputs, a byte each: 64 bytes, and what one four-byte dot product reads; a
/// block has eight. Nibbles: byte i of quad q and q + 4 share byte i of the q-th 64 bytes, q below 4. Pairs of bits: four
/// quads share 64 bytes, the first in the lowest bits. Single bits: all eight quads share 64 bytes.
/// </remarks>
enum Planes
{
    Pairs = 128,
    PairsAndBits = 192,
    Nibbles = 256,
    NibblesAndBits = 320,
    NibblesAndPairs = 384,
    Bytes = 512,
}

/// <summary>How scales (and minima) are packed.</summary>
enum ScaleKind
{
    /// <summary>A half a block.</summary>
    Half,

    /// <summary>A half and a half minimum a block.</summary>
    HalfAndMinimum,

    /// <summary>A byte and a byte minimum a block; a half for each of both a super-block.</summary>
    SuperAndMinimum,

    /// <summary>Two signed bytes a block, one for each 16 inputs; a half a super-block.</summary>
    SuperOfSixteen,

    /// <summary>Two bytes a block, each a 4-bit scale below a 4-bit minimum; a half for each of both a super-block.</summary>
    SuperOfSixteenAndMinimum,
}

/// <summary>
/// The packed form of a quantised type: unsigned integers u with scales so that a weight is s · (u - offset) + m.
/// </summary>
/// <param name="Type">The checkpoint's type.</param>
/// <param name="Planes">The integers.</param>
/// <param name="Scales">The scales.</param>
/// <param name="Offset">What u is about.</param>
/// <param name="IsIndex">u - offset is looked up in IQ4_NL's table first.</param>
sealed record QuantLayout(DType Type, Planes Planes, ScaleKind Scales, int Offset, bool IsIndex = false)
{
    static readonly QuantLayout[] All =
    [
        new(DType.Q8_0, Planes.Bytes, ScaleKind.Half, 128),
        new(DType.Q4_0, Planes.Nibbles, ScaleKind.Half, 8),
        new(DType.Q4_1, Planes.Nibbles, ScaleKind.HalfAndMinimum, 0),
        new(DType.Q5_0, Planes.NibblesAndBits, ScaleKind.Half, 16),
        new(DType.Q5_1, Planes.NibblesAndBits, ScaleKind.HalfAndMinimum, 0),
        new(DType.IQ4_NL, Planes.Nibbles, ScaleKind.Half, 128, IsIndex: true),
        new(DType.Q2_K, Planes.Pairs, ScaleKind.SuperOfSixteenAndMinimum, 0),
        new(DType.Q3_K, Planes.PairsAndBits, ScaleKind.SuperOfSixteen, 4),
        new(DType.Q4_K, Planes.Nibbles, ScaleKind.SuperAndMinimum, 0),
        new(DType.Q5_K, Planes.NibblesAndBits, ScaleKind.SuperAndMinimum, 0),
        new(DType.Q6_K, Planes.NibblesAndPairs, ScaleKind.SuperOfSixteen, 32),
    ];

    /// <summary>Every layout.</summary>
    public static IReadOnlyList<QuantLayout> Known => All;

    /// <summary>The layout of a type; null where it has none.</summary>
    public static QuantLayout? Of(DType type) => Array.Find(All, layout => layout.Type == type);

    /// <summary>Scales of a block and an output: one, or one for each half.</summary>
    public int Parts => Scales is ScaleKind.SuperOfSixteen or ScaleKind.SuperOfSixteenAndMinimum ? 2 : 1;

    public bool HasMinimum => Scales is ScaleKind.HalfAndMinimum or ScaleKind.SuperAndMinimum or ScaleKind.SuperOfSixteenAndMinimum;

    /// <summary>The largest u.</summary>
    public int Largest => Planes switch
    {
        Planes.Pairs => 3,
        Planes.PairsAndBits => 7,
        Planes.Nibbles => IsIndex ? 255 : 15,
        Planes.NibblesAndBits => 31,
        Planes.NibblesAndPairs => 63,
        _ => 255,
    };

    /// <summary>Bytes of integers, 32 inputs by 16 outputs.</summary>
    public int QuadBytes => (int)Planes;

    /// <summary>Bytes of scales, 32 inputs by 16 outputs.</summary>
    public int ScaleBytes => Scales == ScaleKind.HalfAndMinimum ? 64 : 32;

    /// <summary>Bytes of scales of scales, 256 inputs by 16 outputs.</summary>
    public int SuperBytes => Scales switch
    {
        ScaleKind.SuperAndMinimum or ScaleKind.SuperOfSixteenAndMinimum => 64,
        ScaleKind.SuperOfSixteen => 32,
        _ => 0,
    };

    /// <summary>Inputs that the checkpoint stores together.</summary>
    public int StoredBlock => Type.BlockSize();

    /// <summary>Bytes of a slice: the integers of eight blocks by 16 outputs, their scales, and the scales of those.</summary>
    public int SliceBytes => (QuantPanels.SliceBlocks * (QuadBytes + ScaleBytes) + SuperBytes + 63) & -64;

    /// <summary>Bytes of a group of 16 outputs: slices, the last one as short as it is.</summary>
    public nint GroupBytes(nint inputs) =>
        inputs / Panel.Slice * SliceBytes + ((inputs % Panel.Slice / Panel.Block * (QuadBytes + ScaleBytes) + 63) & -64);

    /// <summary>Where a block of a group is.</summary>
    /// <param name="group">The group.</param>
    /// <param name="blocks">Blocks of the group.</param>
    /// <param name="block">Which.</param>
    public unsafe QuantBlock At(byte* group, nint blocks, nint block)
    {
        nint first = block - block % QuantPanels.SliceBlocks, held = Math.Min(QuantPanels.SliceBlocks, blocks - first);
        byte* slice = group + first / QuantPanels.SliceBlocks * SliceBytes, scales = slice + held * QuadBytes;
        return new QuantBlock
        {
            Integers = slice + (block - first) * QuadBytes,
            Scales = scales + (block - first) * ScaleBytes,
            Super = scales + held * ScaleBytes,
        };
    }
}
