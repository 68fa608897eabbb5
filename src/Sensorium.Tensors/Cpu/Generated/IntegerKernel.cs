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
/// <param name="vectors">Vectors of outputs: two, or with 512 bits and one row one, which is a group.</param>
sealed partial class IntegerKernel(Instructions set, QuantLayout layout, int rows, bool unpacked, int vectors = 2) : KernelProgram(set)
{
    /// <summary>Rows of a tile at most: six by two vectors of sums leave four registers of sixteen, or eight of 32 with two more vectors of results.</summary>
    public const int MostRows = 6;

    /// <summary>How far ahead a kernel of one vector fetches to the second-level cache, in bytes: more than memory gives within its latency.</summary>
    const int FarAhead = 16384;

    /// <summary>How far to the first, which must hold it and the rows besides.</summary>
    const int NearAhead = 2048;

    // Below so many rows a tile's results stay in registers of 256 bits, too.
    const int FewRows = 2;

    readonly Dictionary<uint, Register> masks = [];
    KernelWriter w = null!;

    /// <summary>Rows of the tile.</summary>
    public int Rows => rows;

    /// <summary>Whether integers come as quads and scales as float32.</summary>
    public bool Unpacked => unpacked;

    /// <summary>Groups of 16 outputs.</summary>
    public int Groups => IsWide ? vectors : 1;

    bool IsWide => Set == Instructions.Avx512Vnni;

    bool HasDots => Set != Instructions.Avx2;

    Planes Planes => unpacked ? Planes.Bytes : layout.Planes;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"int8-{SetName}-{layout.Type}-{rows}{(unpacked ? "-unpacked" : "")}").ToLowerInvariant();

    /// <summary>Where the results wait between blocks.</summary>
    bool ResultsInRegisters => IsWide || rows <= FewRows;

    /// <summary>Whether integers about 128 are multiplied as signed ones, the sign put on the other factor.</summary>
    bool IsSigned => !HasDots && layout.Offset == 128;

    /// <summary>
    /// Bytes of a block's share of the groups. While a block is multiplied as many are fetched of what comes next, from end to
    /// end: memory is quickest so, though integers and scales are read from several places at once.
    /// </summary>
    int ShareBytes => Groups * layout.SliceBytes / QuantPanels.SliceBlocks;

    /// <summary>Whether the integers lie in slices, or the scales do.</summary>
    bool HasSlices => !unpacked || layout.Planes == Planes.Bytes;

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
            BeginAhead();
        }

        Label loop = w.NewLabel();
        w.Here(ref loop);
        if (!unpacked)
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

    /// <summary>One group is read on from where it lies; two give way to the two that come next.</summary>
    void BeginAhead()
    {
        if (vectors == 1)
        {
            w.Lea(Ahead, Integers(0), FarAhead);
        }
        else
        {
            w.Field(Ahead, 12);
        }
    }

    void FetchAhead()
    {
        if (vectors == 1)
        {
            FetchLines(0, isFar: true);
            FetchLines(NearAhead - FarAhead, isFar: false);
        }
        else
        {
            // Two groups are more than the first-level cache holds beside the ones at work.
            for (int line = 0; line < ShareBytes; line += 64)
            {
                w.PrefetchFar(Ahead, line);
            }
        }

        w.Add(Ahead, ShareBytes);
    }

    /// <summary>
    /// A share by one instruction in a loop, and the far ones before the near ones: so the processor's own prefetcher sees
    /// two rows of lines and joins in, which on Zen 4 gives a tenth to a fifth more of the bandwidth.
    /// </summary>
    void FetchLines(int first, bool isFar)
    {
        Register at = KernelWriter.Pointers[8], end = KernelWriter.Pointers[6];
        w.Lea(at, Ahead, first);
        w.Lea(end, Ahead, first + ShareBytes);
        Label line = w.NewLabel();
        w.Here(ref line);
        if (isFar)
        {
            w.PrefetchFar(at, 0);
        }
        else
        {
            w.Prefetch(at, 0);
        }

        w.Add(at, 64);
        w.RepeatBelow(at, end, line);
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
            w.Add(Integers(vector), layout.SliceBytes - QuantPanels.SliceBlocks * layout.QuadBytes);
            if (unpacked)
            {
                continue;
            }

            w.Add(Scales(vector), layout.SliceBytes - QuantPanels.SliceBlocks * layout.ScaleBytes);
            if (layout.SuperBytes > 0)
            {
                w.Add(Super(vector), layout.SliceBytes);
            }
        }

        if (MayBeShort && !unpacked)
        {
            // In a short slice the scales come so much sooner.
            w.UnlessBelow(QuantPanels.SliceBlocks + 1, within);
            for (int vector = 0; vector < Groups; vector++)
            {
                w.SubtractField(Scales(vector), 16);
            }
        }

        w.Here(ref within);
        w.Add(KernelWriter.Counter, 1);
    }
}
