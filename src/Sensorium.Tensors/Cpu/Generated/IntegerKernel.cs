using System.Globalization;
using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// The program of an int8 product: a tile of quantised rows by vectors of outputs. For each block of 32 inputs exact
/// integer sums, then <c>c += sum · (scale · row scale)</c> in float32, fused: to the bit what
/// <see cref="IntegerTile{TDot, TScheme}"/> and <see cref="IntegerRow{TDot, TScheme, TQuads}"/> compute.
/// </summary>
/// <remarks>
/// A block of six rows by 32 outputs is 96 <c>vpdpbusd</c> of 512 bits beside 24 multiplications on the same two ports:
/// 80 % of the peak, 64 loads of 96 possible. By 256 bits without VNNI, neighbours' products are added in 16 bits as long
/// as they fit, so that the second multiplication falls due once a block for 4-bit integers.
/// </remarks>
/// <param name="set">AVX2, AVX-VNNI or AVX512-VNNI.</param>
/// <param name="layout">The weight's layout.</param>
/// <param name="rows">Rows of the tile.</param>
/// <param name="unpacked">Whether integers come as quads and scales as float32; else both are unpacked in registers.</param>
/// <param name="vectors">Vectors of outputs: two, or with 512 bits and one row one, which is a group and read from end to end.</param>
sealed partial class IntegerKernel(Instructions set, QuantLayout layout, int rows, bool unpacked, int vectors = 2) : KernelProgram(set)
{
    /// <summary>Rows of a tile at most: six by two vectors of sums leave four registers of sixteen, or eight of 32 with two more vectors of results.</summary>
    public const int MostRows = 6;

    // Below so many rows a tile's results stay in registers of 256 bits, too.
    const int FewRows = 2;

    readonly Dictionary<byte, Register> masks = [];
    KernelWriter w = null!;

    /// <summary>Rows of the tile.</summary>
    public int Rows => rows;

    /// <summary>Whether integers come as quads and scales as float32.</summary>
    public bool Unpacked => unpacked;

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups => IsWide ? vectors : 1;

    bool IsWide => Set == Instructions.Avx512Vnni;

    /// <summary>Whether each number of the row is met once only, or twice: then it is taken from memory for all lanes by the instruction that needs it.</summary>
    bool IsOneWideRow => IsWide && rows == 1;

    bool HasDots => Set != Instructions.Avx2;

    Planes Planes => unpacked ? Planes.EightBits : layout.Planes;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"int8-{SetName}-{layout.Type}-{rows}{(unpacked ? "-unpacked" : "")}").ToLowerInvariant();

    /// <summary>Where the results wait between blocks.</summary>
    bool ResultsInRegisters => IsWide || rows <= FewRows;

    /// <summary>Whether integers about 128 are multiplied as signed ones, the sign put on the other factor.</summary>
    bool IsSigned => !HasDots && layout.Offset == 128;

    /// <summary>
    /// Whether what comes next is fetched while several rows meet what is at hand. A single row waits for memory only, which
    /// is read from end to end: the processor's own prefetchers follow that better than hints could lead them.
    /// </summary>
    bool FetchesAhead => !unpacked && rows > 1;

    /// <summary>Bytes of a block's share of the groups.</summary>
    int ShareBytes => Groups * layout.SliceBytes / QuantPanels.SliceBlocks;

    /// <summary>Whether the integers lie in slices, or the scales do.</summary>
    bool HasSlices => !unpacked || layout.Planes == Planes.EightBits;

    /// <summary>Whether the last slice may be a short one.</summary>
    bool MayBeShort => HasSlices && layout.SuperBytes == 0;

    int BlockBytes => rows * QuantizedRows.RowBlockBytes;

    Register Sum(int row, int vector) => w.V(vectors * row + vector);

    Register Result(int row, int vector) => w.V(vectors * (rows + row) + vector);

    Register Free(int i) => w.V((ResultsInRegisters ? 2 : 1) * vectors * rows + i);

    static Register RowData => KernelWriter.Pointers[0];

    Register Integers(int vector) => KernelWriter.Pointers[1 + (IsWide ? vector : 0)];

    Register Scales(int vector) => KernelWriter.Pointers[3 + (IsWide ? vector : 0)];

    Register Super(int vector) => KernelWriter.Pointers[5 + (IsWide ? vector : 0)];

    static Register LocalResults => KernelWriter.Pointers[8];

    /// <summary>What the second vector is behind the first, in bytes of a kind of which 16 outputs have so many.</summary>
    int Half(int vector, int bytes) => IsWide ? 0 : vector * bytes / 2;

    /// <inheritdoc/>
    public override byte[] Write(bool? windows = null)
    {
        w = new KernelWriter(IsWide ? 512 : 256, windows, ResultsInRegisters ? 0 : rows * 64);
        masks.Clear();
        if (!ResultsInRegisters)
        {
            w.Local(LocalResults);
        }

        KeepMasks();
        Label run = w.NewLabel();
        w.Here(ref run);
        w.Field(RowData, 0);
        w.Field(KernelWriter.Counter, 10);
        if (MayBeShort)
        {
            w.AddField(KernelWriter.Counter, 15);
        }

        for (int vector = 0; vector < Groups; vector++)
        {
            w.Field(Integers(vector), 1 + vector);
            w.Field(Scales(vector), 3 + vector);
            w.Field(Super(vector), 5 + vector);
            w.Field(KernelWriter.Pointers[7 + vector], 7 + vector);
        }

        w.Field(KernelWriter.Pointers[9], 9);
        w.Times(KernelWriter.Pointers[10], KernelWriter.Pointers[9], 2);
        w.Times(KernelWriter.Pointers[11], KernelWriter.Pointers[9], 4);
        LoadResults();
        if (!unpacked)
        {
            if (FetchesAhead)
            {
                w.Field(Ahead, 12);
            }

            for (int vector = 0; vector < Groups; vector++)
            {
                FetchHead(vector);
            }
        }

        Label loop = w.NewLabel();
        w.Here(ref loop);
        if (FetchesAhead)
        {
            FetchAhead();
        }

        for (int part = 0; part < layout.Parts; part++)
        {
            AddProducts(part);
            AddToResults(part);
        }

        Advance();
        if (MayBeShort)
        {
            w.RepeatDownTo(15, loop);
        }
        else
        {
            w.Repeat(loop);
        }

        w.Field(KernelWriter.Pointers[7], 7);
        EachResult((row, vector) =>
        {
            if (!ResultsInRegisters)
            {
                w.Load(Sum(row, vector), Waiting(row, vector));
            }

            w.Store(C(row, vector), ResultsInRegisters ? Result(row, vector) : Sum(row, vector));
        });
        if (!unpacked)
        {
            NextRun(run);
        }

        return w.End();
    }

    /// <summary>Goes on with the outputs that come next.</summary>
    void NextRun(Label run)
    {
        w.Field(KernelWriter.Pointers[0], 14);
        w.AddToField(12, KernelWriter.Pointers[0]);
        foreach (int first in new[] { 1, 3, 5 })
        {
            for (int vector = 0; vector < Groups; vector++)
            {
                w.AddToField(first + vector, KernelWriter.Pointers[0]);
            }
        }

        for (int vector = 0; vector < Groups; vector++)
        {
            w.AddToField(7 + vector, Groups * 64);
        }

        w.RepeatField(13, run);
    }

    /// <summary>[c], [c + stride] … [c + 5 · stride].</summary>
    MemoryOperand C(int row, int vector)
    {
        Register c = KernelWriter.Pointers[7 + (IsWide ? vector : 0)], stride = KernelWriter.Pointers[9], three = KernelWriter.Pointers[10], five = KernelWriter.Pointers[11];
        int displacement = Half(vector, 64);
        return row switch
        {
            0 => KernelWriter.At(c, displacement),
            1 => KernelWriter.At(c, stride, 1, displacement),
            2 => KernelWriter.At(c, stride, 2, displacement),
            3 => KernelWriter.At(c, three, 1, displacement),
            4 => KernelWriter.At(c, stride, 4, displacement),
            5 => KernelWriter.At(c, five, 1, displacement),
            _ => throw new InvalidOperationException($"a tile has no row {row}"),
        };
    }

    /// <summary>
    /// Where a result waits that has no register: memory of the kernel's own, since rows of c often lie a multiple of 4096
    /// bytes apart, and then the processor takes the one's store for the other's load.
    /// </summary>
    MemoryOperand Waiting(int row, int vector) => KernelWriter.At(LocalResults, row * 64 + vector * 32);

    void EachResult(Action<int, int> what)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int vector = 0; vector < vectors; vector++)
            {
                what(row, vector);
            }
        }
    }

    void LoadResults()
    {
        Label fresh = w.NewLabel(), begin = w.NewLabel();
        w.SkipIfZero(11, fresh);
        EachResult((row, vector) =>
        {
            w.Load(ResultsInRegisters ? Result(row, vector) : Sum(row, vector), C(row, vector));
            if (!ResultsInRegisters)
            {
                w.Store(Waiting(row, vector), Sum(row, vector));
            }
        });

        w.GoTo(begin);
        w.Here(ref fresh);
        if (ResultsInRegisters)
        {
            EachResult((row, vector) => w.Zero(Result(row, vector)));
        }
        else
        {
            w.Zero(Free(0));
            EachResult((row, vector) => w.Store(Waiting(row, vector), Free(0)));
        }

        w.Here(ref begin);
    }

    /// <summary>Where results lie, which is not needed within the loop.</summary>
    static Register Ahead => KernelWriter.Pointers[7];

    /// <summary>To the second-level cache: the first holds no more than what is at work.</summary>
    void FetchAhead()
    {
        for (int line = 0; line < ShareBytes; line += 64)
        {
            w.PrefetchFar(Ahead, line);
        }

        w.Add(Ahead, ShareBytes);
    }

    /// <summary>Fetches all that is in front of a slice's integers, though it is needed block by block: so a slice is read from the first byte to the last.</summary>
    void FetchHead(int vector)
    {
        for (int line = 0; line < layout.HeadBytes; line += 64)
        {
            w.Prefetch(Scales(vector), line);
        }
    }

    void Advance()
    {
        w.Add(RowData, BlockBytes);
        for (int vector = 0; vector < Groups; vector++)
        {
            w.Add(Integers(vector), (int)Planes);
            w.Add(Scales(vector), unpacked ? layout.Parts * 64 : layout.ScaleBytes);
            if (unpacked && layout.HasMinimum)
            {
                w.Add(Super(vector), layout.Parts * 64);
            }
        }

        if (HasSlices)
        {
            NextSlice();
        }
    }

    /// <summary>After the last block of a slice, on to the next one.</summary>
    void NextSlice()
    {
        // The counter has this block still in it: the last of a slice leaves a multiple of eight behind.
        Label within = w.NewLabel();
        w.Add(KernelWriter.Counter, -1);
        w.UnlessMultiple(QuantPanels.SliceBlocks, within);
        for (int vector = 0; vector < Groups; vector++)
        {
            if (!unpacked)
            {
                w.Lea(Scales(vector), Integers(vector), 0);
                if (layout.SuperBytes > 0)
                {
                    w.Add(Super(vector), layout.SliceBytes);
                }

                FetchHead(vector);
            }

            w.Add(Integers(vector), layout.HeadBytes);
        }

        if (MayBeShort)
        {
            // In a short slice the integers come so much sooner.
            w.UnlessBelow(QuantPanels.SliceBlocks + 1, within);
            for (int vector = 0; vector < Groups; vector++)
            {
                w.SubtractField(Integers(vector), 16);
            }
        }

        w.Here(ref within);
        w.Add(KernelWriter.Counter, 1);
    }
}
