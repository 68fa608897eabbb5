using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <content>The exact sums of a block, from integers that are unpacked in registers.</content>
sealed partial class IntegerKernel
{
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
                for (int vector = 0; vector < vectors; vector++)
                {
                    Unpack(Free(vector), vector, quad, Free(2));
                }

                for (int row = 0; row < rows; row++)
                {
                    BroadcastQuad(Free(2), row, quad);
                    for (int vector = 0; vector < vectors; vector++)
                    {
                        w.DotBytes(Sum(row, vector), Free(vector), Free(2));
                    }
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
}
