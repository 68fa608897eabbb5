namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// Runs two stages over rows, the second on another thread and some rows behind the first. Where no thread of the pool
/// comes to help in time, the caller does both.
/// </summary>
static class RowPipeline
{
    /// <param name="rows">How many rows.</param>
    /// <param name="slots">How many rows the buffer between the stages holds; the second stage looks at a row and the one before.</param>
    /// <param name="produce">The first stage, which always runs on the calling thread.</param>
    /// <param name="consume">The second stage.</param>
    public static void Run(int rows, int slots, Action<int> produce, Action<int> consume)
    {
        using SemaphoreSlim produced = new(0);
        using SemaphoreSlim free = new(slots - 1);
        int owner = 0;
        bool stopped = false;
        Task consumer = Task.Run(() =>
        {
            if (Interlocked.CompareExchange(ref owner, 1, 0) != 0)
            {
                return;
            }

            for (int row = 0; row < rows; row++)
            {
                produced.Wait();
                if (Volatile.Read(ref stopped))
                {
                    return;
                }

                consume(row);
                free.Release();
            }
        });

        int consumedHere = -1;
        try
        {
            for (int row = 0; row < rows; row++)
            {
                if (consumedHere < 0 && !free.Wait(0))
                {
                    if (Interlocked.CompareExchange(ref owner, 2, 0) == 0)
                    {
                        consumedHere = 0;
                    }
                    else
                    {
                        while (!free.Wait(1))
                        {
                            if (consumer.IsFaulted)
                            {
                                break;
                            }
                        }
                    }
                }

                if (consumer.IsFaulted)
                {
                    break;
                }

                if (consumedHere >= 0)
                {
                    for (; consumedHere < row; consumedHere++)
                    {
                        consume(consumedHere);
                    }
                }

                produce(row);
                produced.Release();
            }

            if (consumedHere < 0 && Interlocked.CompareExchange(ref owner, 2, 0) == 0)
            {
                consumedHere = 0;
            }

            for (; consumedHere >= 0 && consumedHere < rows; consumedHere++)
            {
                consume(consumedHere);
            }
        }
        catch
        {
            Volatile.Write(ref stopped, true);
            produced.Release();
            if (Interlocked.CompareExchange(ref owner, 2, 0) == 1)
            {
                consumer.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
            }

            throw;
        }

        // The buffers are the caller's, so nothing may still be at work in them.
        if (Volatile.Read(ref owner) == 1)
        {
            consumer.GetAwaiter().GetResult();
        }
    }
}
