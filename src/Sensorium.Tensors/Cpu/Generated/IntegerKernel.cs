using System.Globalization;
using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>
/// The program of an int8 product: a tile of quantised rows by two vectors of outputs. For each block of 32 inputs exact
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
sealed class IntegerKernel(Instructions set, QuantLayout layout, int rows, bool unpacked) : KernelProgram(set)
{
    /// <summary>Rows of a tile at most: six by two vectors of sums leave four registers of sixteen, or eight of 32 with two more vectors of results.</summary>
    public const int MostRows = 6;

    // Far enough to cover the memory's latency; what follows the group's integers is read next.
    const int AheadBytes = 4096;
    const int ScalesAhead = 1024;

    // Below so many rows a tile's results stay in registers of 256 bits, too.
    const int FewRows = 2;

    readonly Dictionary<uint, Register> masks = [];
    KernelWriter w = null!;

    /// <summary>Rows of the tile.</summary>
    public int Rows => rows;

    /// <summary>Whether integers come as quads and scales as float32.</summary>
    public bool Unpacked => unpacked;

    bool IsWide => Set == Instructions.Avx512Vnni;

    bool HasDots => Set != Instructions.Avx2;

    Planes Planes => unpacked ? Planes.Bytes : layout.Planes;

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"int8-{SetName}-{layout.Type}-{rows}{(unpacked ? "-unpacked" : "")}").ToLowerInvariant();

    /// <summary>Where the results wait between blocks.</summary>
    bool ResultsInRegisters => IsWide || rows <= FewRows;

    /// <summary>Whether integers about 128 are multiplied as signed ones, the sign put on the other factor.</summary>
    bool IsSigned => !HasDots && layout.Offset == 128;

    int BlockBytes => rows * QuantizedRows.RowBlockBytes;

    Register Sum(int row, int vector) => w.V(2 * row + vector);

    Register Result(int row, int vector) => w.V(2 * rows + 2 * row + vector);

    Register Free(int i) => w.V((ResultsInRegisters ? 4 : 2) * rows + i);

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
        w.Field(RowData, 0);
        w.Field(KernelWriter.Counter, 10);
        for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
        {
            w.Field(Integers(vector), 1 + vector);
            w.Field(Scales(vector), 3 + vector);
            w.Field(Super(vector), 5 + vector);
            w.Field(KernelWriter.Pointers[7 + vector], 7 + vector);
        }

        if (!unpacked)
        {
            PrefetchNextScales();
        }

        w.Field(KernelWriter.Pointers[9], 9);
        if (LeadsOver)
        {
            for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
            {
                w.Plus(Ahead(vector), Integers(vector), AheadBytes);
            }
        }
        else
        {
            w.Times(KernelWriter.Pointers[10], KernelWriter.Pointers[9], 2);
            w.Times(KernelWriter.Pointers[11], KernelWriter.Pointers[9], 4);
        }

        if (!ResultsInRegisters)
        {
            w.Local(LocalResults);
        }

        KeepMasks();
        LoadResults();
        Label loop = w.NewLabel();
        w.Here(ref loop);
        if (!unpacked)
        {
            PrefetchIntegers();
        }

        for (int part = 0; part < layout.Parts; part++)
        {
            AddProducts(part);
            AddToResults(part);
        }

        Advance();
        w.Repeat(loop);
        EachResult((row, vector) =>
        {
            if (!ResultsInRegisters)
            {
                w.Load(Sum(row, vector), Waiting(row, vector));
            }

            w.Store(C(row, vector), ResultsInRegisters ? Result(row, vector) : Sum(row, vector));
        });
        return w.End();
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
            what(row, 0);
            what(row, 1);
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

    /// <summary>
    /// Scales lie behind a group's integers and are read beside them, so nothing that is fetched ahead within the group
    /// comes to its first scales in time.
    /// </summary>
    void PrefetchNextScales()
    {
        for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
        {
            w.Field(KernelWriter.Pointers[9], 14 + vector);
            for (int line = 0; line < ScalesAhead; line += 64)
            {
                w.Prefetch(KernelWriter.Pointers[9], line);
            }
        }
    }

    /// <summary>
    /// Whether what is fetched ahead is led over to the groups that come next: behind a group's integers come its scales
    /// and perhaps the group beside it, which were read already, and a group of 2048 inputs is so short that what is missed
    /// at each begin counts.
    /// </summary>
    bool LeadsOver => rows <= FewRows && !unpacked;

    static Register Ahead(int vector) => KernelWriter.Pointers[10 + vector];

    void PrefetchIntegers()
    {
        for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
        {
            if (LeadsOver)
            {
                w.FieldAtCount(Ahead(vector), 12 + vector, AheadBytes / layout.QuadBytes);
            }

            for (int line = 0; line < layout.QuadBytes; line += 64)
            {
                w.Prefetch(LeadsOver ? Ahead(vector) : Integers(vector), LeadsOver ? line : AheadBytes + line);
            }

            w.Prefetch(Scales(vector), ScalesAhead);
        }
    }

    void Advance()
    {
        w.Add(RowData, BlockBytes);
        for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
        {
            w.Add(Integers(vector), (int)Planes);
            if (LeadsOver)
            {
                w.Add(Ahead(vector), layout.QuadBytes);
            }

            w.Add(Scales(vector), unpacked ? layout.Parts * 64 : layout.ScaleBytes);
            if (unpacked && layout.HasMinimum)
            {
                w.Add(Super(vector), layout.Parts * 64);
            }
        }

        if (!unpacked && layout.SuperBytes > 0)
        {
            // The counter has this block still in it: the last of a super-block leaves a multiple of eight behind.
            Label within = w.NewLabel();
            w.Add(KernelWriter.Counter, -1);
            w.UnlessMultiple(QuantPanels.SliceBlocks, within);
            for (int vector = 0; vector < (IsWide ? 2 : 1); vector++)
            {
                w.Add(Super(vector), layout.SuperBytes);
            }

            w.Here(ref within);
            w.Add(KernelWriter.Counter, 1);
        }
    }

    // ---- integer sums ----

    /// <summary>Four neighbouring integers of a row in all lanes.</summary>
    void BroadcastQuad(Register to, int row, int quad) => w.BroadcastInt(to, KernelWriter.At(RowData, row * Panel.Block + quad * 4));

    void AddProducts(int part)
    {
        int quads = 8 / layout.Parts, first = part * quads;
        if (HasDots)
        {
            EachResult((row, vector) => w.Zero(Sum(row, vector)));
            for (int quad = first; quad < first + quads; quad++)
            {
                Unpack(Free(0), 0, quad, Free(2));
                Unpack(Free(1), 1, quad, Free(2));
                for (int row = 0; row < rows; row++)
                {
                    BroadcastQuad(Free(2), row, quad);
                    w.DotBytes(Sum(row, 0), Free(0), Free(2));
                    w.DotBytes(Sum(row, 1), Free(1), Free(2));
                }
            }

            return;
        }

        if (IsSigned)
        {
            AddSignedProducts(first, quads);
        }
        else if (2 * layout.Largest * 127 * quads <= short.MaxValue)
        {
            AddSmallProducts(first, quads);
        }
        else
        {
            AddPairsOfProducts(first, quads);
        }
    }

    /// <summary>All products of a scale fit 16 bits.</summary>
    void AddSmallProducts(int first, int quads)
    {
        for (int quad = first; quad < first + quads; quad++)
        {
            Unpack(Free(0), 0, quad, Free(2));
            Unpack(Free(1), 1, quad, Free(2));
            for (int row = 0; row < rows; row++)
            {
                BroadcastQuad(Free(2), row, quad);
                if (quad == first)
                {
                    w.MultiplyBytes(Sum(row, 0), Free(0), Free(2));
                    w.MultiplyBytes(Sum(row, 1), Free(1), Free(2));
                    continue;
                }

                w.MultiplyBytes(Free(3), Free(0), Free(2));
                w.AddInt16(Sum(row, 0), Sum(row, 0), Free(3));
                w.MultiplyBytes(Free(2), Free(1), Free(2));
                w.AddInt16(Sum(row, 1), Sum(row, 1), Free(2));
            }
        }

        EachResult((row, vector) => w.MultiplyWords(Sum(row, vector), Sum(row, vector), w.Constant(0x00010001)));
    }

    /// <summary>Two neighbouring quads fit 16 bits.</summary>
    void AddPairsOfProducts(int first, int quads)
    {
        for (int quad = first; quad < first + quads; quad += 2)
        {
            for (int vector = 0; vector < 2; vector++)
            {
                Unpack(Free(0), vector, quad, Free(2));
                Unpack(Free(1), vector, quad + 1, Free(2));
                for (int row = 0; row < rows; row++)
                {
                    BroadcastQuad(Free(2), row, quad);
                    w.MultiplyBytes(Free(2), Free(0), Free(2));
                    BroadcastQuad(Free(3), row, quad + 1);
                    w.MultiplyBytes(Free(3), Free(1), Free(3));
                    w.AddInt16(Free(2), Free(2), Free(3));
                    AddWords(row, vector, Free(2), quad == first);
                }
            }
        }
    }

    void AddSignedProducts(int first, int quads)
    {
        for (int quad = first; quad < first + quads; quad++)
        {
            for (int vector = 0; vector < 2; vector++)
            {
                Unpack(Free(0), vector, quad, Free(2));
                w.Xor(Free(0), Free(0), w.Constant(0x80808080));
                w.AbsoluteBytes(Free(1), Free(0));
                for (int row = 0; row < rows; row++)
                {
                    BroadcastQuad(Free(2), row, quad);
                    w.SignBytes(Free(2), Free(2), Free(0));
                    w.MultiplyBytes(Free(2), Free(1), Free(2));
                    AddWords(row, vector, Free(2), quad == first);
                }
            }
        }
    }

    void AddWords(int row, int vector, Register words, bool isFirst)
    {
        if (isFirst)
        {
            w.MultiplyWords(Sum(row, vector), words, w.Constant(0x00010001));
            return;
        }

        w.MultiplyWords(words, words, w.Constant(0x00010001));
        w.AddInt32(Sum(row, vector), Sum(row, vector), words);
    }

    /// <summary>Masks of the packed integers go to registers, the last ones, as far as there are any to spare.</summary>
    void KeepMasks()
    {
        uint[] wanted = Planes switch
        {
            Planes.Nibbles => [0x0f0f0f0f],
            Planes.NibblesAndBits => [0x0f0f0f0f, 0x10101010],
            Planes.NibblesAndPairs => [0x0f0f0f0f, 0x30303030],
            Planes.Pairs => [0x03030303],
            Planes.PairsAndBits => [0x03030303, 0x04040404],
            _ => [],
        };
        for (int i = 0; i < wanted.Length && w.V(w.Registers - 1 - i) > Free(3); i++)
        {
            masks[wanted[i]] = w.V(w.Registers - 1 - i);
            w.Load(masks[wanted[i]], w.Constant(wanted[i]));
        }
    }

    void And(Register to, uint mask)
    {
        if (masks.TryGetValue(mask, out Register kept))
        {
            w.And(to, to, kept);
        }
        else
        {
            w.And(to, to, w.Constant(mask));
        }
    }

    /// <summary>Four integers of each output of a vector, a byte each; see <see cref="Products.Planes"/>.</summary>
    void Unpack(Register to, int vector, int quad, Register free)
    {
        Register from = Integers(vector);
        int half = Half(vector, 64);
        switch (Planes)
        {
            case Planes.Bytes:
                w.Load(to, KernelWriter.At(from, quad * 64 + half));
                break;
            case Planes.Nibbles:
                Nibbles(to);
                if (layout.IsIndex)
                {
                    w.Load(free, w.Constant(QuadPlanes.NonLinear));
                    w.LookUpBytes(to, free, to);
                }

                break;
            case Planes.NibblesAndBits:
                Nibbles(to);
                Upper(256, quad - 4, 0x10101010);
                break;
            case Planes.NibblesAndPairs:
                Nibbles(to);
                Upper(256 + quad / 4 * 64, 2 * (quad % 4) - 4, 0x30303030);
                break;
            case Planes.Pairs:
                Pairs(to);
                break;
            case Planes.PairsAndBits:
                Pairs(to);
                Upper(128, quad - 2, 0x04040404);
                break;
            default:
                throw new NotSupportedException($"{Planes} has no kernel");
        }

        void Nibbles(Register to)
        {
            w.Load(to, KernelWriter.At(from, quad % 4 * 64 + half));
            w.ShiftRight16(to, to, quad < 4 ? 0 : 4);
            And(to, 0x0f0f0f0f);
        }

        void Pairs(Register to)
        {
            w.Load(to, KernelWriter.At(from, quad / 4 * 64 + half));
            w.ShiftRight16(to, to, 2 * (quad % 4));
            And(to, 0x03030303);
        }

        void Upper(int plane, int shift, uint mask)
        {
            w.Load(free, KernelWriter.At(from, plane + half));
            w.ShiftRight16(free, free, shift);
            And(free, mask);
            w.Or(to, to, free);
        }
    }

    // ---- results ----

    /// <summary>Byte offset of a row's scale; its sums are behind it.</summary>
    int RowScaleAt(int row) => rows * Panel.Block + row * QuantizedRows.ScaleBytes;

    int RowSumAt(int row, int part) => RowScaleAt(row) + (layout.Parts == 1 ? 12 : 4 + 4 * part);

    void AddToResults(int part)
    {
        Register scale0 = Free(0), scale1 = Free(1), one = Free(2), other = Free(3);
        Scale(scale0, 0, part, one);
        Scale(scale1, 1, part, one);
        int offset = IsSigned ? 0 : layout.Offset;
        for (int row = 0; row < rows; row++)
        {
            if (offset > 0)
            {
                w.BroadcastInt(one, KernelWriter.At(RowData, RowSumAt(row, part)));
                w.ShiftLeft32(one, one, System.Numerics.BitOperations.Log2((uint)offset));
                w.SubtractInt32(Sum(row, 0), Sum(row, 0), one);
                w.SubtractInt32(Sum(row, 1), Sum(row, 1), one);
            }

            w.Broadcast(one, KernelWriter.At(RowData, RowScaleAt(row)));
            AddToResult(row, 0, scale0, one, other);
            AddToResult(row, 1, scale1, one, other);
        }

        if (layout.HasMinimum)
        {
            AddMinima(part);
        }

        if (!ResultsInRegisters)
        {
            EachResult((row, vector) => w.Store(Waiting(row, vector), Sum(row, vector)));
        }
    }

    void AddToResult(int row, int vector, Register scale, Register rowScale, Register free)
    {
        Register sum = Sum(row, vector);
        w.ToFloat(sum, sum);
        w.Multiply(free, scale, rowScale);
        if (ResultsInRegisters)
        {
            w.MultiplyAdd(Result(row, vector), sum, free);
            return;
        }

        w.MultiplyThenAdd(sum, free, Waiting(row, vector));
    }

    void AddMinima(int part)
    {
        Register one = Free(2), other = Free(3);
        bool negative = Minimum(Free(0), 0, part, one);
        Minimum(Free(1), 1, part, one);
        for (int row = 0; row < rows; row++)
        {
            w.BroadcastInt(one, KernelWriter.At(RowData, RowSumAt(row, part)));
            w.ToFloat(one, one);
            w.Broadcast(other, KernelWriter.At(RowData, RowScaleAt(row)));
            w.Multiply(one, one, other);
            for (int vector = 0; vector < 2; vector++)
            {
                Register result = ResultsInRegisters ? Result(row, vector) : Sum(row, vector);
                if (negative)
                {
                    w.MultiplySubtract(result, Free(vector), one);
                }
                else
                {
                    w.MultiplyAdd(result, Free(vector), one);
                }
            }
        }
    }

    /// <summary>The scales of a vector's outputs, rounded as <see cref="QuantPanels.Scales"/> rounds them.</summary>
    void Scale(Register to, int vector, int part, Register free)
    {
        Register from = Scales(vector), super = Super(vector);
        if (unpacked)
        {
            w.Load(to, KernelWriter.At(from, part * 64 + Half(vector, 64)));
            return;
        }

        switch (layout.Scales)
        {
            case ScaleKind.Half or ScaleKind.HalfAndMinimum:
                w.WidenHalves(to, KernelWriter.At(from, Half(vector, 32)));
                return;
            case ScaleKind.SuperAndMinimum:
                w.WidenBytes(to, KernelWriter.At(from, Half(vector, 16)), signed: false);
                break;
            case ScaleKind.SuperOfSixteen:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: true);
                break;
            default:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: false);
                w.And(to, to, w.Constant(15));
                break;
        }

        w.ToFloat(to, to);
        w.WidenHalves(free, KernelWriter.At(super, Half(vector, 32)));
        w.Multiply(to, to, free);
    }

    /// <summary>The minima of a vector's outputs, or their negatives (true).</summary>
    bool Minimum(Register to, int vector, int part, Register free)
    {
        Register from = Scales(vector), super = Super(vector);
        if (unpacked)
        {
            w.Load(to, KernelWriter.At(super, part * 64 + Half(vector, 64)));
            return false;
        }

        switch (layout.Scales)
        {
            case ScaleKind.HalfAndMinimum:
                w.WidenHalves(to, KernelWriter.At(from, 32 + Half(vector, 32)));
                return false;
            case ScaleKind.SuperAndMinimum:
                w.WidenBytes(to, KernelWriter.At(from, 16 + Half(vector, 16)), signed: false);
                break;
            default:
                w.WidenBytes(to, KernelWriter.At(from, part * 16 + Half(vector, 16)), signed: false);
                w.ShiftRight32(to, to, 4);
                break;
        }

        w.ToFloat(to, to);
        w.WidenHalves(free, KernelWriter.At(super, 32 + Half(vector, 32)));
        w.Multiply(to, to, free);
        return true;
    }
}
