using Iced.Intel;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <content>The exact sums of a block.</content>
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

                if (IsOneWideRow)
                {
                    EachResult((row, vector) => w.DotBytes(Sum(row, vector), Free(vector), KernelWriter.Each(RowData, quad * 4)));
                    continue;
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
}
